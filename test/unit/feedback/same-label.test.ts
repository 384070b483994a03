import { describe, expect, it } from 'vitest'
import { compareLabel } from '../../../src/feedback/same-label.ts'

describe('a label', () => {
  it.each([
    [3, '3', 1, 1],
    ['churned', 'churned', 1, 1],
    [true, 'true', 1, 1],
    [3, 4, 0, 1],
    [3, 3n, 1, 1],
    [[1, 2, 3], [1, 5, 3], 2, 3],
    [3, [3], 1, 1],
    [[3], 3, 1, 1],
    [
      [
        [1, 0],
        [0, 1],
      ],
      [
        [1, 0],
        [1, 0],
      ],
      1,
      2,
    ],
  ])('%j of the prediction %o is right %d of %d times', (label, prediction, right, total) => {
    expect(compareLabel(label, prediction)).toEqual({ right, total })
  })

  it.each([
    [3, [0.1, 0.9]],
    [
      [1, 2],
      [1, 2, 3],
    ],
    [[], []],
    [{ class: 3 }, 3],
    [3, undefined],
    [3, null],
    [3, { class: 3 }],
  ])('%j is not compared with %j', (label, prediction) => {
    expect(compareLabel(label, prediction)).toBeUndefined()
  })
})
