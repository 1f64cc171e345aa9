export { javaElements, javaEntries } from './collections.js';
export { defaultJavaLimits, readJavaObject, type JavaLimits } from './read-java-object.js';
export {
  isJavaArray,
  isJavaEnum,
  isJavaObject,
  simpleName,
  type JavaArray,
  type JavaClass,
  type JavaEnum,
  type JavaObject,
  type JavaValue,
} from './values.js';
