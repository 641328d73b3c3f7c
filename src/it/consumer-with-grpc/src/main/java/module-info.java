/** An application that needs protobuf-java and gRPC, too. */
module example {
  requires com.google.protobuf;
  requires io.github.jmixtral;
  requires io.grpc;
  requires io.grpc.inprocess;
  requires io.grpc.protobuf;
  requires io.grpc.stub;
}
