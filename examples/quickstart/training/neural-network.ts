import { classCount, type Digits, imageAt } from '../digits.ts'
import { type FeatureName, features } from '../models/features.ts'
import { applyLayer, type Layer, type Model, rectify, softmax } from '../models/model.ts'
import { seededRandom, shuffledIndexes } from '../random.ts'

export interface NetworkRecipe {
  readonly features: FeatureName
  readonly hidden: number
  readonly epochs: number
  /** The step size of the first epoch; it falls linearly towards zero. */
  readonly learningRate: number
  readonly seed: number
}

/** Trains one hidden layer by gradient descent, one example at a time. */
export function trainNeuralNetwork(digits: Digits, recipe: NetworkRecipe): Model {
  const random = seededRandom(recipe.seed)
  const look = features[recipe.features]
  const inputs = Array.from({ length: digits.count }, (_, index) => look.extract(imageAt(digits, index)))
  const hidden = randomLayer(look.count, recipe.hidden, random)
  const output = randomLayer(recipe.hidden, classCount, random)
  const steps = recipe.epochs * digits.count
  let step = 0
  for (let epoch = 0; epoch < recipe.epochs; epoch++) {
    for (const index of shuffledIndexes(digits.count, random)) {
      const rate = recipe.learningRate * (1 - step++ / steps)
      learn(hidden, output, inputs[index] as Float32Array, digits.labels[index] as number, rate)
    }
  }
  return { features: recipe.features, layers: [hidden, output] }
}

function learn(hidden: Layer, output: Layer, input: Float32Array, label: number, rate: number): void {
  const activations = applyLayer(hidden, input)
  rectify(activations)
  const errors = applyLayer(output, activations)
  softmax(errors)
  // The gradient of the cross-entropy at the input of the softmax is the prediction minus the truth.
  errors[label] = (errors[label] as number) - 1
  const blame = passBack(output, activations, errors)
  correct(output, activations, errors, rate)
  correct(hidden, input, blame, rate)
}

/** How much each hidden unit contributed to the errors. A unit with the activation 0 contributed nothing. */
function passBack(layer: Layer, activations: Float32Array, errors: Float32Array): Float32Array {
  return activations.map((activation, unit) => {
    if (activation === 0) return 0
    let sum = 0
    for (let index = 0; index < errors.length; index++) {
      sum += (errors[index] as number) * (layer.weights[unit * layer.outputs + index] as number)
    }
    return sum
  })
}

function correct(layer: Layer, inputs: Float32Array, errors: Float32Array, rate: number): void {
  const { outputs, weights, biases } = layer
  for (let output = 0; output < outputs; output++) {
    biases[output] = (biases[output] as number) - rate * (errors[output] as number)
  }
  for (let input = 0; input < layer.inputs; input++) {
    const step = rate * (inputs[input] as number)
    if (step === 0) continue
    const row = input * outputs
    for (let output = 0; output < outputs; output++) {
      weights[row + output] = (weights[row + output] as number) - step * (errors[output] as number)
    }
  }
}

/** Small random weights, so that the units differ at the start (He's scale for ReLU). */
function randomLayer(inputs: number, outputs: number, random: () => number): Layer {
  const scale = Math.sqrt(6 / inputs)
  const weights = Float32Array.from({ length: inputs * outputs }, () => (random() * 2 - 1) * scale)
  return { inputs, outputs, weights, biases: new Float32Array(outputs) }
}
