/** The messages of a descriptor set, as ts-proto names them and with protoc-gen-validate's rules beside their fields. */
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FieldOptions,
  type FileDescriptorSet,
  FieldDescriptorProto_Type as Kind,
  FieldDescriptorProto_Label as Label,
  MessageOptions,
  OneofOptions,
} from '../../build/rules/google/protobuf/descriptor.ts';
import { disabled, type FieldRules, required, rules } from '../../build/rules/validate/validate.ts';

export interface Message {
  /** `envoy.config.route.v3.VirtualHost` */
  readonly fullName: string;
  /** Relative to src/gen, without its ending. */
  readonly module: string;
  /** `RouteAction_HashPolicy` */
  readonly tsName: string;
  readonly fields: readonly Field[];
  readonly oneofs: readonly Oneof[];
}

export interface Oneof {
  readonly protoName: string;
  readonly tsName: string;
  readonly required: boolean;
}

export type FieldType =
  | { readonly kind: 'message'; readonly fullName: string }
  | { readonly kind: 'enum'; readonly values: readonly number[] }
  | { readonly kind: 'string' | 'bytes' | 'bool' | 'number' };

export interface Field {
  readonly protoName: string;
  readonly tsName: string;
  readonly type: FieldType;
  readonly shape: 'single' | 'repeated' | { readonly mapOf: FieldType; readonly key: FieldType };
  /** A single value that can be told from its default: a member of a oneof, an `optional`, or a message. */
  readonly presence: boolean;
  readonly oneof: Oneof | undefined;
  readonly rules: FieldRules | undefined;
}

/** By full name. Messages whose rules are disabled have none. */
export function messagesOf(set: FileDescriptorSet): ReadonlyMap<string, Message> {
  const found: Message[] = [];
  const context = declarations(set);
  for (const file of set.file ?? []) {
    const module = (file.name ?? '').replace(/\.proto$/, '');
    const visit = (message: DescriptorProto, outer: readonly string[]): void => {
      const names = [...outer, message.name ?? ''];
      const fullName = [file.package, ...names].join('.');
      if (message.options?.mapEntry !== true)
        found.push(messageOf(message, fullName, module, names.join('_'), context));
      for (const nested of message.nestedType ?? []) visit(nested, names);
    };
    for (const message of file.messageType ?? []) visit(message, []);
  }
  return new Map(found.map((message) => [message.fullName, message]));
}

interface Declarations {
  readonly enums: ReadonlyMap<string, EnumDescriptorProto>;
  readonly mapEntries: ReadonlyMap<string, DescriptorProto>;
}

function declarations(set: FileDescriptorSet): Declarations {
  const enums = new Map<string, EnumDescriptorProto>();
  const mapEntries = new Map<string, DescriptorProto>();
  const visit = (message: DescriptorProto, scope: string): void => {
    const name = `${scope}.${message.name}`;
    if (message.options?.mapEntry === true) mapEntries.set(name, message);
    for (const declared of message.enumType ?? []) enums.set(`${name}.${declared.name}`, declared);
    for (const nested of message.nestedType ?? []) visit(nested, name);
  };
  for (const file of set.file ?? []) {
    for (const declared of file.enumType ?? []) enums.set(`.${file.package}.${declared.name}`, declared);
    for (const message of file.messageType ?? []) visit(message, `.${file.package}`);
  }
  return { enums, mapEntries };
}

function messageOf(
  message: DescriptorProto,
  fullName: string,
  module: string,
  tsName: string,
  context: Declarations,
): Message {
  const isDisabled = message.options !== undefined && MessageOptions.getExtension(message.options, disabled) === true;
  const oneofs = (message.oneofDecl ?? []).map(({ name = '', options }) => ({
    protoName: name,
    tsName: camelCase(name),
    required: !isDisabled && options !== undefined && OneofOptions.getExtension(options, required) === true,
  }));
  const fields = (message.field ?? []).map((field): Field => {
    const oneof =
      field.proto3Optional === true || field.oneofIndex === undefined ? undefined : oneofs[field.oneofIndex];
    const entry = context.mapEntries.get(field.typeName ?? '');
    const repeated = field.label === Label.LABEL_REPEATED;
    const type = typeOf(field, context);
    return {
      protoName: field.name ?? '',
      tsName: camelCase(field.name ?? ''),
      type,
      shape: entry !== undefined ? mapShape(entry, context) : repeated ? 'repeated' : 'single',
      presence: !repeated && (oneof !== undefined || field.proto3Optional === true || type.kind === 'message'),
      oneof,
      rules: isDisabled || field.options === undefined ? undefined : FieldOptions.getExtension(field.options, rules),
    };
  });
  const synthetic = new Set((message.field ?? []).flatMap((field) => (field.proto3Optional ? [field.oneofIndex] : [])));
  return { fullName, module, tsName, fields, oneofs: oneofs.filter((_, index) => !synthetic.has(index)) };
}

function mapShape(
  entry: DescriptorProto,
  context: Declarations,
): { readonly mapOf: FieldType; readonly key: FieldType } {
  const [key, value] = entry.field ?? [];
  if (key === undefined || value === undefined) throw new Error(`${entry.name} is no map entry`);
  return { mapOf: typeOf(value, context), key: typeOf(key, context) };
}

function typeOf(field: FieldDescriptorProto, { enums }: Declarations): FieldType {
  switch (field.type) {
    case Kind.TYPE_MESSAGE:
      return { kind: 'message', fullName: (field.typeName ?? '').slice(1) };
    case Kind.TYPE_ENUM: {
      const values = enums.get(field.typeName ?? '')?.value;
      if (values === undefined) throw new Error(`${field.name}: there is no enum ${field.typeName}`);
      return { kind: 'enum', values: values.map(({ number = 0 }) => number) };
    }
    case Kind.TYPE_STRING:
      return { kind: 'string' };
    case Kind.TYPE_BYTES:
      return { kind: 'bytes' };
    case Kind.TYPE_BOOL:
      return { kind: 'bool' };
    case Kind.TYPE_GROUP:
      throw new Error(`${field.name}: groups are not supported`);
    default:
      return { kind: 'number' };
  }
}

/** ts-proto's `snakeToCamel=keys`. The type check of what is generated from it would find a difference. */
const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
