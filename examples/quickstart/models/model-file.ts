import { readFileSync, writeFileSync } from 'node:fs'
import { type FeatureName, features } from './features.ts'
import type { Layer, Model } from './model.ts'

interface Header {
  readonly format: 'digits-model/1'
  readonly version: string
  readonly features: FeatureName
  readonly layers: readonly { readonly inputs: number; readonly outputs: number }[]
}

/** Writes one line of JSON that describes the layers, then all weights and biases as 32-bit floats. */
export function writeModelFile(file: string, version: string, model: Model): void {
  const header: Header = {
    format: 'digits-model/1',
    version,
    features: model.features,
    layers: model.layers.map(({ inputs, outputs }) => ({ inputs, outputs })),
  }
  const parts = model.layers.flatMap(({ weights, biases }) => [asBytes(weights), asBytes(biases)])
  writeFileSync(file, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...parts]))
}

export function readModelFile(file: string): { readonly version: string; readonly model: Model } {
  const bytes = readFileSync(file)
  const headerEnd = bytes.indexOf('\n')
  const header = parseHeader(bytes.toString('utf8', 0, Math.max(0, headerEnd)))
  const weights = Uint8Array.from(bytes.subarray(headerEnd + 1))
  if (!header || weights.length !== 4 * countNumbers(header)) {
    throw new Error(`${file} is not a whole digits model`)
  }
  const numbers = new Float32Array(weights.buffer)
  let read = 0
  const layers = header.layers.map(({ inputs, outputs }): Layer => {
    const middle = read + inputs * outputs
    const weights = numbers.subarray(read, middle)
    read = middle + outputs
    return { inputs, outputs, weights, biases: numbers.subarray(middle, read) }
  })
  return { version: header.version, model: { features: header.features, layers } }
}

function parseHeader(line: string): Header | undefined {
  try {
    const header = JSON.parse(line) as Header
    return header.format === 'digits-model/1' && header.features in features ? header : undefined
  } catch {
    return undefined
  }
}

function countNumbers(header: Header): number {
  return header.layers.reduce((sum, { inputs, outputs }) => sum + inputs * outputs + outputs, 0)
}

function asBytes(numbers: Float32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}
