import { type EtcdServer, startEtcd } from "@lockstep/testkit/servers";
import { Etcd3 } from "etcd3";
import type { EtcdAccount } from "./etcd-client.ts";

/** For tests: an etcd that a test may kill, compact and lock, with a client of its own. */
export class OwnEtcd implements AsyncDisposable {
  readonly server: EtcdServer;
  readonly client: Etcd3;

  private constructor(server: EtcdServer) {
    this.server = server;
    this.client = new Etcd3({ hosts: server.endpoint });
  }

  /** Starts one; calls `skip` where the environment names an etcd, because that one is not ours to break. */
  static async start(skip: (note: string) => never): Promise<OwnEtcd> {
    const server = await startEtcd();
    if (server.pid === undefined) skip("needs an etcd of its own");
    return new OwnEtcd(server);
  }

  /** From here on etcd lets only this account in, with all rights. `client`, which has no account, is refused. */
  async demand({ user, password }: EtcdAccount): Promise<void> {
    await this.client.user(user).create(password);
    await this.client.role("root").create();
    await this.client.user(user).addRole("root");
    await this.client.auth.authEnable();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.server.stop();
  }
}
