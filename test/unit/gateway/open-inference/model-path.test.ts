import { describe, expect, it } from 'vitest'
import { modelPath } from '../../../../src/gateway/open-inference/model-path.ts'

const known = new Set(['churn', 'org/model', 'org/infer', 'a', 'a/versions/2', 'o3:latest', 'x/ready'])

describe('a path of a model', () => {
  it.each([
    ['churn', 'churn', undefined, undefined],
    ['churn/infer', 'churn', undefined, 'infer'],
    ['churn/versions/7/infer', 'churn', '7', 'infer'],
    ['churn/versions/7', 'churn', '7', undefined],
    ['o3:latest/ready', 'o3:latest', undefined, 'ready'],
    ['o3%3Alatest/ready', 'o3:latest', undefined, 'ready'],
    ['org/model/infer', 'org/model', undefined, 'infer'],
    ['org%2Fmodel/infer', 'org/model', undefined, 'infer'],
    ['org/model/versions/7/ready', 'org/model', '7', 'ready'],
    ['org/model', 'org/model', undefined, undefined],
    ['org/infer', 'org/infer', undefined, undefined],
    ['org/infer/infer', 'org/infer', undefined, 'infer'],
    ['x/ready/ready', 'x/ready', undefined, 'ready'],
    ['a/infer', 'a', undefined, 'infer'],
    ['a/versions/1/infer', 'a', '1', 'infer'],
    ['a/versions/2/infer', 'a/versions/2', undefined, 'infer'],
    ['a/versions/2', 'a/versions/2', undefined, undefined],
    ['a/versions/2/versions/3/infer', 'a/versions/2', '3', 'infer'],
    ['no/such/infer', 'no/such', undefined, 'infer'],
    ['infer', 'infer', undefined, undefined],
    ['churn/config', 'churn', undefined, 'config'],
    ['churn/versions/7/stats', 'churn', '7', 'stats'],
  ])('is read as the longest name that is known: %s', (path, name, version, action) => {
    expect(modelPath(path, (each) => known.has(each))).toEqual({ name, version, action })
  })

  it('looks one name up for an infer', () => {
    const asked: string[] = []
    modelPath('churn/infer', (name) => asked.push(name) > 9)
    expect(asked).toEqual(['churn/infer'])
  })
})
