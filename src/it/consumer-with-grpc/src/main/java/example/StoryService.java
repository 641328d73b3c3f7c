package example;

import com.google.protobuf.StringValue;
import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.Prompt;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.nio.file.Path;

/** A gRPC service that continues texts with the model in folder {@code arguments[0]}. */
public final class StoryService {
  private static final MethodDescriptor<StringValue, StringValue> CONTINUE =
      MethodDescriptor.<StringValue, StringValue>newBuilder()
          .setType(MethodType.UNARY)
          .setFullMethodName("example.Stories/Continue")
          .setRequestMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .build();

  private StoryService() {}

  public static void main(String[] arguments) throws IOException {
    try (var model = MixtralForCausalLM.fromPretrained(Path.of(arguments[0]))) {
      ServerServiceDefinition service =
          ServerServiceDefinition.builder("example.Stories")
              .addMethod(
                  CONTINUE,
                  ServerCalls.<StringValue, StringValue>asyncUnaryCall(
                      (request, answer) -> {
                        answer.onNext(StringValue.of(continued(model, request.getValue())));
                        answer.onCompleted();
                      }))
              .build();
      Server server = InProcessServerBuilder.forName("stories").addService(service).build().start();
      ManagedChannel channel = InProcessChannelBuilder.forName("stories").build();
      try {
        String story =
            ClientCalls.blockingUnaryCall(
                    channel, CONTINUE, CallOptions.DEFAULT, StringValue.of("Once upon a time"))
                .getValue();
        System.out.println(story);
        String expected = "there was a sleepy turtle named Jack.";
        if (!story.strip().startsWith(expected)) {
          throw new IllegalStateException("expected " + expected + ", found " + story);
        }
      } finally {
        channel.shutdownNow();
        server.shutdownNow();
      }
    }
  }

  private static String continued(MixtralForCausalLM model, String text) {
    return model
        .generate(
            Prompt.text(text), GenerationConfig.inherit().withMaxNewTokens(16).withDoSample(false))
        .text();
  }
}
