import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Digits, imageAt, loadDigits, splitDigits } from '../../../examples/quickstart/digits.ts'
import { accuracy } from '../../../examples/quickstart/models/accuracy.ts'
import { readModelFile } from '../../../examples/quickstart/models/model-file.ts'
import { train } from '../../../examples/quickstart/train.ts'
import { recipes, type Version } from '../../../examples/quickstart/training/recipes.ts'
import { type TrainedModel, trainModel } from '../../../examples/quickstart/training/train-model.ts'

const folder = mkdtempSync(join(tmpdir(), 'digit-models-'))
const seed = 1
let all: Digits
let digits: { training: Digits; test: Digits }
const trained = new Map<Version, TrainedModel>()

beforeAll(() => {
  all = loadDigits()
  const split = splitDigits(all, { training: 1500, seed })
  const count = 1000
  digits = {
    training: split.training,
    test: { ...split.test, count, labels: split.test.labels.slice(0, count) },
  }
  for (const version of Object.keys(recipes) as Version[]) {
    trained.set(version, trainModel(version, digits, { folder, seed }))
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const accuracyOf = (version: Version): number => trained.get(version)?.testAccuracy ?? Number.NaN

describe('digits', () => {
  it('are 10,000 images with grey values from 0 to 1 and many images for each label', () => {
    expect(all.count).toBe(10_000)
    expect(all.images.length).toBe(10_000 * 784)
    expect(all.images.every((value) => value >= 0 && value <= 1)).toBe(true)
    const counts = new Array<number>(10).fill(0)
    for (const label of all.labels) counts[label] = (counts[label] ?? 0) + 1
    expect(Math.min(...counts)).toBeGreaterThan(800)
  })

  it('are split in the same way by the same seed, and in another way by another seed', () => {
    const again = splitDigits(all, { training: 1500, seed })
    expect(again.training.labels).toEqual(digits.training.labels)
    expect(splitDigits(all, { training: 2000, seed: 2 }).training.labels).not.toEqual(digits.training.labels)
  })

  it('each fall into exactly one of the two parts, with their own label', () => {
    const split = splitDigits(all, { training: 7000, seed })
    expect(split.training.count + split.test.count).toBe(all.count)
    const inkPerLabel = (...parts: readonly Digits[]): number[] => {
      const ink = new Array<number>(10).fill(0)
      for (const part of parts) {
        part.labels.forEach((label, index) => {
          ink[label] = (ink[label] ?? 0) + imageAt(part, index).reduce((sum, value) => sum + value, 0)
        })
      }
      return ink.map(Math.round)
    }
    expect(inkPerLabel(split.training, split.test)).toEqual(inkPerLabel(all))
  })
})

describe('the four classifiers', () => {
  it('improve from v1 to v3 by margins that a gate can see', () => {
    expect(accuracyOf('v1')).toBeGreaterThan(0.75)
    expect(accuracyOf('v2')).toBeGreaterThan(accuracyOf('v1') + 0.08)
    expect(accuracyOf('v3')).toBeGreaterThan(accuracyOf('v2') + 0.02)
    expect(accuracyOf('v3')).toBeGreaterThan(0.95)
  })

  it('only guess when their labels were mixed up', () => {
    expect(accuracyOf('v4')).toBeGreaterThan(0.03)
    expect(accuracyOf('v4')).toBeLessThan(0.2)
  })

  it('are equal byte for byte when they are trained again with the same seed', () => {
    const first = trained.get('v2')?.file ?? ''
    const bytes = readFileSync(first)
    trainModel('v2', digits, { folder, seed })
    expect(readFileSync(first).equals(bytes)).toBe(true)
  })

  it('give the same answers when they are read from their file', () => {
    for (const { file, version, testAccuracy } of trained.values()) {
      const read = readModelFile(file)
      expect(read.version).toBe(version)
      expect(accuracy(read.model, digits.test)).toBe(testAccuracy)
    }
  })

  it('cannot be read from a file that was cut', () => {
    const { file } = trainModel('v1', digits, { folder: mkdtempSync(join(folder, 'cut-')), seed })
    truncateSync(file, 20_000)
    expect(() => readModelFile(file)).toThrow('is not a whole digits model')
  })

  it('come one by one from a thread that ends when its reader stops', async () => {
    const left = mkdtempSync(join(folder, 'left-'))
    const versions: Version[] = []
    for await (const { version } of train({ folder: left, seed, training: 500 })) {
      versions.push(version)
      if (version === 'v2') break
    }
    expect(versions).toEqual(['v1', 'v2'])
    // If the first thread went on, it would write v3 in this time.
    for await (const { file } of train({ folder, seed, training: 500, versions: ['v1'] }))
      expect(file).toBeTruthy()
    expect(readdirSync(left)).toEqual(['v1.model', 'v2.model'])
  })

  it('make their reader fail when the thread fails', async () => {
    const nowhere = train({ folder: join(folder, 'absent'), seed, training: 500, versions: ['v1'] })
    await expect(nowhere.next()).rejects.toThrow('ENOENT')
  })
})
