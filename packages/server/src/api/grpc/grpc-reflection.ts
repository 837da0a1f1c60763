/** Lets tools such as grpcurl ask which services there are, with the descriptors of the generated code. */
import { type DescFile, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { Dtm } from "@lockstep/protocol";
import { service as healthService } from "grpc-health-check";
import { invariant } from "../../transaction/invariant.ts";

/** Adds `grpc.reflection.v1` and `v1alpha` (what dtm and older tools speak) to `server`. */
export function addReflection(server: Server): void {
  const health = healthService["Check"]?.requestType;
  invariant(health !== undefined, "the health service comes with its descriptors");
  // Of a definition, reflection reads nothing but the file descriptors.
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
