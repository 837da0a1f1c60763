/** Tells tools such as grpcurl which services there are, from the descriptors of the generated code. */
import { type DescFile, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { Dtm } from "@lockstep/protocol";
import { service as healthService } from "grpc-health-check";
import { invariant } from "../../transaction/invariant.ts";

/** Adds `grpc.reflection.v1` and `v1alpha` (which dtm and older tools use) to `server`. */
export function addReflection(server: Server): void {
  const health = healthService["Check"]?.requestType;
  invariant(health !== undefined, "the health service comes with its descriptors");
  // Reflection reads only the file descriptors of a definition, so the rest may be that of another service.
  const dtm = { ...health, fileDescriptorProtos: encoded(Dtm.file) };
  new ReflectionService({ dtm, health }).addToServer(server);
}

/** `file` and everything that it imports. */
function encoded(file: DescFile): Buffer[] {
  return [
    Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)),
    ...file.dependencies.flatMap((dependency) => encoded(dependency)),
  ];
}
