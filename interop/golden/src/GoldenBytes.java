import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Serializes messages with Alluxio's own generated classes. For every message that a service in use can carry, and for
 * every journal entry: all fields set to their defaults, all fields set to telling values, and both with fields that the
 * class does not know. Then some messages by hand (see {@link Handmade}) that the test builds again in TypeScript.
 */
public final class GoldenBytes {
  private static final List<String> SERVICES = Arrays.asList(
      "FileSystemMasterClientService", "FileSystemMasterWorkerService", "BlockMasterClientService",
      "BlockMasterWorkerService", "BlockWorker", "MetaMasterClientService", "MetaMasterConfigurationService", "SaslAuthenticationService",
      "ServiceVersionClientService", "MetricsMasterClientService");
  private static final long[] LONGS = {Long.MIN_VALUE, Long.MAX_VALUE, -1, (1L << 53) + 1, 1L << 32, 127, 128, 16827547647L};
  private static final int[] INTS = {Integer.MIN_VALUE, Integer.MAX_VALUE, -1, 127, 128, 420};
  private static final double[] DOUBLES = {1.5, -0.0, Double.MAX_VALUE, Double.NEGATIVE_INFINITY};
  private static final String[] STRINGS = {"/a/b", "p\u00e4th \u65e5\u672c \ud83d\ude00", String.join("", Collections.nCopies(130, "x")), "root"};
  private static final int MOST_NESTED = 3;

  private final Map<String, Message> mPrototypes = new TreeMap<>();
  private int mTurn;

  private GoldenBytes() {}

  public static void main(String[] args) throws ReflectiveOperationException, IOException {
    GoldenBytes golden = new GoldenBytes();
    golden.collect();
    Map<String, Message> messages = new LinkedHashMap<>();
    for (Message prototype : golden.mPrototypes.values()) {
      String name = prototype.getDescriptorForType().getFullName();
      golden.mTurn = 0;
      messages.put(name + " defaults", golden.defaults(prototype.newBuilderForType()));
      Message values = golden.values(prototype.newBuilderForType(), 0);
      messages.put(name + " values", values);
      if (name.endsWith("FileInfo") || name.endsWith("JournalEntry") || name.endsWith("ReadRequest")) {
        messages.put(name + " unknown", values.toBuilder().setUnknownFields(unknownFields()).build());
      }
    }
    messages.putAll(Handmade.messages());
    StringBuilder text = new StringBuilder("[\n");
    String separator = "";
    for (Map.Entry<String, Message> entry : messages.entrySet()) {
      text.append(separator).append("{\"name\":\"").append(entry.getKey()).append("\",\"type\":\"")
          .append(entry.getValue().getDescriptorForType().getFullName()).append("\",\"hex\":\"")
          .append(hex(entry.getValue().toByteArray())).append("\"}");
      separator = ",\n";
    }
    Files.write(Paths.get(args[0]), text.append("\n]\n").toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Finds the messages that the services in use and the journal reach. */
  private void collect() throws ReflectiveOperationException {
    Deque<Message> open = new ArrayDeque<>();
    open.add(alluxio.proto.journal.Journal.JournalEntry.getDefaultInstance());
    open.add(alluxio.proto.dataserver.Protocol.OpenUfsBlockOptions.getDefaultInstance());
    for (FileDescriptor file : ProtocolFiles.load()) {
      for (ServiceDescriptor service : file.getServices()) {
        if (!SERVICES.contains(service.getName())) continue;
        for (MethodDescriptor method : service.getMethods()) {
          open.add(prototype(method.getInputType()));
          open.add(prototype(method.getOutputType()));
        }
      }
    }
    while (!open.isEmpty()) {
      Message message = open.remove();
      Descriptor type = message.getDescriptorForType();
      if (type.getFile().getName().contains("table") || type.getOptions().getMapEntry()) continue;
      if (mPrototypes.putIfAbsent(type.getFullName(), message) != null) continue;
      for (FieldDescriptor field : type.getFields()) {
        if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) continue;
        if (field.isMapField()) {
          FieldDescriptor value = field.getMessageType().findFieldByNumber(2);
          if (value.getJavaType() == FieldDescriptor.JavaType.MESSAGE) open.add(prototype(value.getMessageType()));
        } else {
          open.add(message.newBuilderForType().newBuilderForField(field).buildPartial());
        }
      }
    }
  }

  /** The default instance of the Java class that protoc made for a message. */
  private static Message prototype(Descriptor type) throws ReflectiveOperationException {
    String outer = type.getFile().getOptions().getJavaMultipleFiles() ? "" : outerClass(type.getFile()) + "$";
    StringBuilder name = new StringBuilder(type.getName());
    for (Descriptor parent = type.getContainingType(); parent != null; parent = parent.getContainingType()) {
      name.insert(0, parent.getName() + "$");
    }
    Class<?> found = Class.forName(type.getFile().getOptions().getJavaPackage() + "." + outer + name);
    Method instance = found.getMethod("getDefaultInstance");
    return (Message) instance.invoke(null);
  }

  private static String outerClass(FileDescriptor file) {
    String base = file.getName().replaceAll(".*/", "").replace(".proto", "");
    return Character.toUpperCase(base.charAt(0)) + base.substring(1);
  }

  /** Every field present, holding what an absent one would read as; repeated fields stay empty. */
  private Message defaults(Message.Builder builder) {
    for (FieldDescriptor field : builder.getDescriptorForType().getFields()) {
      if (field.isRepeated()) continue;
      if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        builder.setField(field, builder.newBuilderForField(field).buildPartial());
      } else {
        builder.setField(field, field.getDefaultValue());
      }
    }
    return builder.buildPartial();
  }

  private Message values(Message.Builder builder, int depth) {
    for (FieldDescriptor field : builder.getDescriptorForType().getFields()) {
      if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && depth >= MOST_NESTED && !field.isMapField()) continue;
      if (field.getContainingType().getName().equals("JournalEntry") && depth > 0 && field.isRepeated()) continue;
      if (!field.isRepeated()) {
        builder.setField(field, value(builder, field, depth));
        continue;
      }
      int count = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && depth > 0 ? 1 : 3;
      for (int i = 0; i < count; i++) builder.addRepeatedField(field, field.isMapField() ? entry(builder, field, i, depth) : value(builder, field, depth));
    }
    return builder.buildPartial();
  }

  /** Map keys ascend, so that an implementation that keeps the order of insertion or sorts writes the same bytes. */
  private Object entry(Message.Builder builder, FieldDescriptor map, int index, int depth) {
    Message.Builder entry = builder.newBuilderForField(map);
    FieldDescriptor key = entry.getDescriptorForType().findFieldByNumber(1);
    FieldDescriptor value = entry.getDescriptorForType().findFieldByNumber(2);
    switch (key.getJavaType()) {
      case LONG:
        entry.setField(key, 100L + index);
        break;
      case INT:
        entry.setField(key, 100 + index);
        break;
      default:
        entry.setField(key, "key" + index);
    }
    return entry.setField(value, value(entry, value, depth)).buildPartial();
  }

  private Object value(Message.Builder builder, FieldDescriptor field, int depth) {
    int turn = mTurn++;
    switch (field.getJavaType()) {
      case INT:
        return INTS[turn % INTS.length];
      case LONG:
        return LONGS[turn % LONGS.length];
      case FLOAT:
        return (float) DOUBLES[turn % 2];
      case DOUBLE:
        return DOUBLES[turn % DOUBLES.length];
      case BOOLEAN:
        return turn % 3 != 0;
      case STRING:
        return STRINGS[turn % STRINGS.length];
      case BYTE_STRING:
        return ByteString.copyFrom(new byte[] {0, -1, (byte) 0x80, (byte) turn});
      case ENUM:
        return field.getEnumType().getValues().get(turn % field.getEnumType().getValues().size());
      default:
        return values(builder.newBuilderForField(field), depth + 1);
    }
  }

  private static UnknownFieldSet unknownFields() {
    UnknownFieldSet.Field inner = UnknownFieldSet.Field.newBuilder().addVarint(-1).addVarint(1L << 35).build();
    return UnknownFieldSet.newBuilder()
        .addField(5000, inner)
        .addField(5001, UnknownFieldSet.Field.newBuilder().addFixed32(0xdeadbeef).build())
        .addField(5002, UnknownFieldSet.Field.newBuilder().addFixed64(Long.MIN_VALUE).build())
        .addField(5003, UnknownFieldSet.Field.newBuilder().addLengthDelimited(ByteString.copyFromUtf8("later")).build())
        .addField(5004, UnknownFieldSet.Field.newBuilder().addGroup(UnknownFieldSet.newBuilder().addField(1, inner).build()).build())
        .addField((1 << 29) - 1, inner)
        .build();
  }

  private static String hex(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length * 2);
    for (byte b : bytes) text.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
    return text.toString();
  }
}
