import { type CedarLibrary, openLibrary } from '../../../adapters/cedar/cedar-library.ts'

/**
 * V8 forgets the code that it compiled of a library when no instance is left. With this one it compiles once for all files
 * that a process tests.
 */
export const keptLibrary: CedarLibrary = openLibrary()
