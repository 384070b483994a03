import type { ServerQuirks } from './server-quirks.ts'

/**
 * Servers that are known by name, as of 2026-11-30. The adapter's page says which of them were checked against what. Newer
 * versions may take more: spread an entry and change it.
 */
export const knownServers: Readonly<Record<KnownServer, ServerQuirks>> = {
  vllm: {
    extensions: ['top_k', 'reasoning_content'],
    lacks: ['parallelToolCalls', 'endUser', 'imageDetail', 'customTools'],
    responses: true,
  },
  sglang: {
    maxTokensField: 'max_tokens',
    extensions: ['top_k', 'reasoning_content'],
    lacks: ['endUser', 'customTools'],
  },
  // Its responses ignore `text.format`, and their streams do not number items.
  'llama.cpp': {
    maxTokensField: 'max_tokens',
    extensions: ['top_k', 'reasoning_content'],
    lacks: ['choices', 'endUser', 'imageDetail', 'customTools', 'names', 'files'],
  },
  ollama: {
    maxTokensField: 'max_tokens',
    lacks: [
      'choices',
      'endUser',
      'parallelToolCalls',
      'toolChoice',
      'customTools',
      'strictTools',
      'imageAddresses',
      'imageDetail',
      'audio',
      'files',
      'developer',
    ],
  },
  'lm-studio': {
    maxTokensField: 'max_tokens',
    extensions: ['top_k'],
    lacks: ['choices', 'endUser', 'parallelToolCalls', 'customTools', 'jsonMode', 'audio', 'files'],
    responses: true,
  },
  tgi: {
    maxTokensField: 'max_tokens',
    schema: 'none',
    lacks: [
      'endUser',
      'parallelToolCalls',
      'customTools',
      'strictTools',
      'jsonMode',
      'audio',
      'files',
      'developer',
    ],
  },
  groq: {
    lacks: ['choices', 'names', 'customTools', 'audio', 'files', 'developer'],
    responses: true,
  },
  together: {
    maxTokensField: 'max_tokens',
    extensions: ['top_k'],
    lacks: ['endUser', 'customTools', 'files', 'developer'],
  },
  mistral: {
    maxTokensField: 'max_tokens',
    seedField: 'random_seed',
    streamUsage: 'always',
    lacks: ['endUser', 'names', 'customTools', 'developer', 'imageDetail'],
  },
  deepseek: {
    maxTokensField: 'max_tokens',
    extensions: ['reasoning_content'],
    schema: 'none',
    lacks: [
      'choices',
      'seed',
      'endUser',
      'parallelToolCalls',
      'customTools',
      'images',
      'audio',
      'files',
      'developer',
    ],
  },
  openrouter: {
    extensions: ['top_k', 'cache_control', 'reasoning_details'],
    lacks: ['choices', 'customTools'],
    responses: true,
  },
}

export type KnownServer =
  | 'vllm'
  | 'sglang'
  | 'llama.cpp'
  | 'ollama'
  | 'lm-studio'
  | 'tgi'
  | 'groq'
  | 'together'
  | 'mistral'
  | 'deepseek'
  | 'openrouter'
