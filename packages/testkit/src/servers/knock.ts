import { connect } from "node:net";

/** Resolves when `port` of 127.0.0.1 takes a connection, rejects at once when it does not. */
export function knock(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}
