import { type FeatureName, features } from './features.ts'

/** A dense layer. The weights of one input are next to each other, so that an input of 0 costs nothing. */
export interface Layer {
  readonly inputs: number
  readonly outputs: number
  readonly weights: Float32Array
  readonly biases: Float32Array
}

/** A model extracts features from the image, applies dense layers with ReLU between them, then a softmax. */
export interface Model {
  readonly features: FeatureName
  readonly layers: readonly Layer[]
}

/** The probability of each of the ten digits. */
export function classify(model: Model, image: Float32Array): Float32Array {
  let values = features[model.features].extract(image)
  for (const [depth, layer] of model.layers.entries()) {
    if (depth > 0) rectify(values)
    values = applyLayer(layer, values)
  }
  softmax(values)
  return values
}

export function applyLayer(layer: Layer, inputs: Float32Array): Float32Array {
  const { outputs, weights } = layer
  const sums = Float32Array.from(layer.biases)
  for (let input = 0; input < layer.inputs; input++) {
    const value = inputs[input] as number
    if (value === 0) continue
    const row = input * outputs
    for (let output = 0; output < outputs; output++) {
      sums[output] = (sums[output] as number) + value * (weights[row + output] as number)
    }
  }
  return sums
}

export function rectify(values: Float32Array): void {
  for (let index = 0; index < values.length; index++) if ((values[index] as number) < 0) values[index] = 0
}

export function softmax(values: Float32Array): void {
  // The largest value is subtracted first, so that exp() does not overflow.
  const largest = values[indexOfLargest(values)] as number
  let sum = 0
  for (let index = 0; index < values.length; index++) {
    const power = Math.exp((values[index] as number) - largest)
    values[index] = power
    sum += power
  }
  for (let index = 0; index < values.length; index++) values[index] = (values[index] as number) / sum
}

export function indexOfLargest(values: Float32Array): number {
  let best = 0
  for (let index = 1; index < values.length; index++) {
    if ((values[index] as number) > (values[best] as number)) best = index
  }
  return best
}
