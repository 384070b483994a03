import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bedrockConverse } from '../../../../src/dialects/bedrock/converse-codec.ts'
import { ListingCarriage } from '../../../../src/dialects/carriage.ts'
import type { ChatRequest } from '../../../../src/provider/contract.ts'
import { awsModel } from '../../../official/aws-model.ts'
import { converseRequests, place } from './arbitraries.ts'

const print = (request: ChatRequest, carriage?: ListingCarriage): string =>
  bedrockConverse.print(request, { stream: false, vendor: 'bedrock', carriage })
const bare = ({ native: _native, ...request }: ChatRequest): object => request

describe('a request in the format of Converse', () => {
  it('is read as it was written, and nothing of it is told as lost', () => {
    fc.assert(
      fc.property(converseRequests, (request) => {
        const carriage = new ListingCarriage('Converse')
        const read = bedrockConverse.parse(print(request, carriage), place)
        expect(bare(read.request)).toEqual(request)
        expect([carriage.refused, carriage.approximated]).toEqual([[], []])
      }),
      { numRuns: 300 },
    )
  })

  it('keeps its text to the byte while nobody edits it, and says an edit beside what stays', () => {
    fc.assert(
      fc.property(converseRequests, (request) => {
        const text = ` ${print(request).replaceAll(',"', ' , "')}`
        const read = bedrockConverse.parse(text, place).request
        expect(print({ ...read, model: 'another' })).toBe(text)
        const edited = { ...read, temperature: 0.125 }
        expect(bare(bedrockConverse.parse(print(edited), place).request)).toEqual(bare(edited))
      }),
    )
  })

  it('says an edited message beside messages that stay as they are', () => {
    const edits = fc.tuple(converseRequests, fc.nat(20))
    fc.assert(
      fc.property(edits, ([request, at]) => {
        const read = bedrockConverse.parse(print(request), place).request
        const messages = read.messages.map((message, index) =>
          index === at % read.messages.length
            ? { ...message, content: [{ type: 'text' as const, text: 'redacted' }] }
            : message,
        )
        const written = bedrockConverse.parse(print({ ...read, messages }), place).request
        expect(written.messages).toEqual(messages)
      }),
      { numRuns: 200 },
    )
  })

  const model = awsModel('bedrock-runtime')

  it.skipIf(model === undefined)('is one that the model of AWS takes', () => {
    fc.assert(
      fc.property(converseRequests, (request) => {
        const body = JSON.parse(print(request)) as object
        for (const operation of ['Converse', 'ConverseStream']) {
          expect(model?.request(operation, { modelId: request.model, ...body })).toEqual([])
        }
      }),
    )
  })
})
