import { type Digits, imageAt } from '../digits.ts'
import { classify, indexOfLargest, type Model } from './model.ts'

/** The part of the digits that the model classifies correctly, from 0 to 1. */
export function accuracy(model: Model, digits: Digits): number {
  let right = 0
  for (const [index, label] of digits.labels.entries()) {
    if (indexOfLargest(classify(model, imageAt(digits, index))) === label) right++
  }
  return right / digits.count
}
