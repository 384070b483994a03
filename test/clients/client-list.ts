import { aiSdkInProcess, aiSdkOverHttp } from './ai-sdk-client.ts'
import { anthropicClient } from './anthropic-client.ts'
import { langchainClient } from './langchain-client.ts'
import { openaiClient } from './openai-client.ts'
import { openaiResponsesClient } from './openai-responses-client.ts'
import type { Place, RealClient } from './real-client.ts'

/** All clients for Node that are tried over every vendor. */
export const clientList: readonly ((place: Place) => RealClient)[] = [
  openaiClient,
  openaiResponsesClient,
  anthropicClient,
  aiSdkOverHttp,
  aiSdkInProcess,
  langchainClient(false),
  langchainClient(true),
]
