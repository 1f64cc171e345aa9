import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Writes every message, enum and method of the protocol as sorted lines of text, one array element each:
 * "field MESSAGE NUMBER NAME LABEL TYPE", "enum ENUM NUMBER NAME", "method PATH REQUEST RESPONSE".
 */
public final class Schema {
  private static final List<String> LINES = new ArrayList<>();

  private Schema() {}

  public static void main(String[] args) throws ReflectiveOperationException, IOException {
    for (FileDescriptor file : ProtocolFiles.load()) {
      file.getEnumTypes().forEach(Schema::add);
      file.getMessageTypes().forEach(Schema::add);
      file.getServices().forEach(Schema::add);
    }
    Collections.sort(LINES);
    String text = "[\n\"" + String.join("\",\n\"", LINES) + "\"\n]\n";
    Files.write(Paths.get(args[0]), text.getBytes(StandardCharsets.UTF_8));
  }

  private static void add(EnumDescriptor type) {
    for (EnumValueDescriptor value : type.getValues()) {
      LINES.add("enum " + type.getFullName() + " " + value.getNumber() + " " + value.getName());
    }
  }

  private static void add(Descriptor type) {
    LINES.add("message " + type.getFullName());
    for (FieldDescriptor field : type.getFields()) {
      String label = field.isRequired() ? "required" : field.isRepeated() ? "repeated" : "optional";
      String packed = field.isPacked() ? " packed" : "";
      LINES.add("field " + type.getFullName() + " " + field.getNumber() + " " + field.getName() + " " + label + " " + typeOf(field) + packed);
    }
    type.getEnumTypes().forEach(Schema::add);
    type.getNestedTypes().forEach(Schema::add);
  }

  private static String typeOf(FieldDescriptor field) {
    switch (field.getJavaType()) {
      case MESSAGE:
        return field.getMessageType().getFullName();
      case ENUM:
        return field.getEnumType().getFullName();
      default:
        return field.getType().name().toLowerCase();
    }
  }

  private static void add(ServiceDescriptor service) {
    for (MethodDescriptor method : service.getMethods()) {
      String request = (method.isClientStreaming() ? "stream " : "") + method.getInputType().getFullName();
      String response = (method.isServerStreaming() ? "stream " : "") + method.getOutputType().getFullName();
      LINES.add("method /" + service.getFullName() + "/" + method.getName() + " " + request + " -> " + response);
    }
  }
}
