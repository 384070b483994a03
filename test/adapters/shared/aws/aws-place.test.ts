import { describe, expect, it } from 'vitest'
import { endpointOf, regionOf } from '../../../../adapters/shared/aws/aws-place.ts'

describe('the region', () => {
  it('is the option, or else a variable', () => {
    const env = { AWS_REGION: 'eu-west-2', AWS_DEFAULT_REGION: 'eu-west-3' }
    expect(regionOf({ region: 'eu-west-1' }, env)).toBe('eu-west-1')
    expect(regionOf({}, env)).toBe('eu-west-2')
    expect(regionOf({}, { ...env, AWS_REGION: '' })).toBe('eu-west-3')
  })

  it('is asked for with what to set, where nothing says it', () => {
    expect(() => regionOf({}, {})).toThrow(
      'region is not given: give the option region, or set the variable AWS_REGION',
    )
  })

  it.each(['', 'EU-WEST-1', 'eu-west-1/', 'a.b', '-a', 'a'.repeat(64)])('refuses "%s"', (region) => {
    expect(() => regionOf({ region }, {})).toThrow(/^region is/)
  })
})

describe('the endpoint', () => {
  it.each([
    ['eu-west-1', 'https://api.sagemaker.eu-west-1.amazonaws.com'],
    ['ap-southeast-4', 'https://api.sagemaker.ap-southeast-4.amazonaws.com'],
    ['cn-north-1', 'https://api.sagemaker.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'https://api.sagemaker.us-gov-west-1.amazonaws.com'],
  ])('of %s is %s', (region, endpoint) => {
    expect(endpointOf('api.sagemaker', region, {})).toBe(endpoint)
  })

  it.each(['us-iso-east-1', 'us-isob-east-1', 'eu-isoe-west-1', 'eusc-de-east-1', 'nowhere'])(
    'of %s has to be given',
    (region) => {
      expect(() => endpointOf('api.sagemaker', region, {})).toThrow('give the option endpoint')
      expect(endpointOf('api.sagemaker', region, { endpoint: 'https://own' })).toBe('https://own')
    },
  )
})
