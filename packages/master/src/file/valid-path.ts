import { kindOf, normalPath, type NormalPath } from '@alluvium/base';

/** The normal form of a path as given; undefined when it is none. */
export function validPath(given: string): NormalPath | undefined {
  try {
    return normalPath(given);
  } catch (error) {
    if (kindOf(error) === 'invalidArgument') return undefined;
    throw error;
  }
}
