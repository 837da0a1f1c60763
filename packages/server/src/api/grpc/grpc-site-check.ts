import { ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";
import { problemOfSite } from "../foreign-site.ts";
import type { OurHosts } from "../our-hosts.ts";
import { trailersOf } from "./grpc-trailers.ts";

/**
 * Refuses every call that a browser makes for another site, by way of a proxy: no browser speaks gRPC by itself.
 */
export function otherSitesRefused(ours: OurHosts): ServerInterceptor {
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            const header = (name: string): string | undefined => {
              const values = metadata.get(name);
              return values.length === 0 ? undefined : values.join(", ");
            };
            const problem = problemOfSite({ authority: call.getHost(), header }, ours);
            if (problem === undefined) {
              pass(metadata);
              return;
            }
            const details = problem.message;
            call.sendStatus({ code: status.PERMISSION_DENIED, details, metadata: trailersOf(problem) });
          },
        }),
    });
}
