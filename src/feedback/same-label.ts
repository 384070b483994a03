/**
 * Compares a label with a prediction. Lists of the same length are compared value by value, and each value
 * counts. A list with one value equals that value. Numbers, texts and booleans are equal when their texts are
 * equal, so that the label "3" fits the prediction 3. Undefined when the two cannot be compared.
 */
export function compareLabel(
  label: unknown,
  prediction: unknown,
): { readonly right: number; readonly total: number } | undefined {
  const labels = listOf(label)
  const predictions = listOf(prediction)
  if (labels.length === 0 || labels.length !== predictions.length) return undefined
  let right = 0
  for (const [index, each] of labels.entries()) {
    const same = sameValue(each, predictions[index])
    if (same === undefined) return undefined
    if (same) right += 1
  }
  return { right, total: labels.length }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function sameValue(left: unknown, right: unknown): boolean | undefined {
  if (Array.isArray(left) && Array.isArray(right)) {
    if (left.length !== right.length) return false
    let same = true
    for (const [index, each] of left.entries()) {
      const one = sameValue(each, right[index])
      if (one === undefined) return undefined
      same &&= one
    }
    return same
  }
  return isPlain(left) && isPlain(right) ? String(left) === String(right) : undefined
}

function isPlain(value: unknown): boolean {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value)
}
