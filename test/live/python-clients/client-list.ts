import type { pythonClientVersions } from '../servers/python-clients.ts'

/** A client of `through_gateway.py`. */
export interface PythonClient {
  readonly name: string
  readonly package: keyof typeof pythonClientVersions
  readonly through: string
  readonly embeds: boolean
}

const openaiPaths = '`/v1/chat/completions`, `/v1/embeddings`'

/** All clients for Python that are tried over every vendor. */
export const pythonClientList: readonly PythonClient[] = [
  { name: 'openai', package: 'openai', through: openaiPaths, embeds: true },
  { name: 'openai, responses', package: 'openai', through: '`/v1/responses`', embeds: false },
  { name: 'anthropic', package: 'anthropic', through: '`/v1/messages`', embeds: false },
  { name: 'langchain-openai', package: 'langchain-openai', through: openaiPaths, embeds: true },
  {
    name: 'langchain-openai, responses',
    package: 'langchain-openai',
    through: '`/v1/responses`',
    embeds: false,
  },
]
