import type { RegistryDefect } from './shelf-registry.ts'

const waits = 'passes on how long a vendor with too many calls asks to wait, and finds the model afterwards'

/** The laws that find each mistake, all of them in an adapter that keeps every other law. */
export const registryDefects: Readonly<Record<RegistryDefect, readonly string[]>> = {
  'repeats its credential in what it throws': [
    'throws auth when the vendor refuses its credentials, and shows none',
  ],
  'ignores what is expected of an alias': ['moves an alias only when it has the expected version'],
  'lets the last write win without a word': [
    'throws conflict when another writer came between, and does not call the change done',
  ],
  'reads the first page of versions only': [
    'finds and lists every version, on whatever page of the vendor it is',
    'finds an alias of a version on whatever page of the vendor it is',
  ],
  'reads the first page of models only': ['lists every model, on whatever page of the vendor it is'],
  'drops all files but the first': ['gives the whole artifact of a version, with each of its files'],
  'takes 429 for a model that is not there': [waits],
  'drops the Retry-After of 429': [waits],
  'takes 5xx for a model that is not there': [
    'takes a fault of the vendor as one that passes, and finds the model afterwards',
  ],
  'waits on after its abortSignal fired': [
    'ends a call that the vendor does not answer when its abortSignal fires',
  ],
  'gives its own name to what an alias means': ['gives the registry name from the reference in its answer'],
  'keeps an alias that has moved': ['takes an alias from its old version when the alias moves'],
}
