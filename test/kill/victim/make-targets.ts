import { fileURLToPath } from 'node:url'
import { type ModelProvider, memoryProvider } from 'modelspine'
import { type DeploymentTarget, type Endpoint, ModelspineError } from 'modelspine/adapter'
import { openInference } from 'modelspine/adapters/open-inference'
import { processTarget } from 'modelspine/adapters/process'
import { journalFile, layoutOf } from '../layout.ts'
import { lagMs, type Mode } from '../mode.ts'
import { openCloud } from '../vendor/cloud.ts'
import { cloudTarget } from '../vendor/cloud-target.ts'
import { frontedTarget } from './fronted-target.ts'

export interface MadeTargets {
  readonly local: DeploymentTarget
  /** Splits and scales by itself. */
  readonly front: DeploymentTarget
  readonly connect: Readonly<Record<string, (endpoint: Endpoint) => ModelProvider>>
}

/** The targets of a run. What they run outlives the process that uses them. */
export function makeTargets(mode: Mode, folder: string): MadeTargets {
  return mode === 'tagged' ? ofVendor(folder) : ofProcesses(folder)
}

function ofProcesses(folder: string): MadeTargets {
  const at = layoutOf(folder)
  const processes = (name: 'local' | 'front'): DeploymentTarget =>
    processTarget({
      folder: at.target(name),
      command: [
        process.execPath,
        fileURLToPath(new URL('../model-server.mjs', import.meta.url)),
        '{port}',
        '{model}',
        '{key}',
        '{revision}',
        at.starts,
      ],
      journal: journalFile(folder, name),
      health: { intervalMs: 50, timeoutMs: 2000 },
      drainMs: 5000,
    })
  return {
    local: processes('local'),
    front: frontedTarget(processes('front'), at.fronts),
    connect: { 'open-inference': openInference },
  }
}

function ofVendor(folder: string): MadeTargets {
  const cloud = openCloud({ path: layoutOf(folder).cloud, lagMs, now: Date.now })
  const provider = ({ address }: Endpoint): ModelProvider => {
    const [namespace = '', name = '', revision = ''] = address.slice('cloud://'.length).split('/')
    return memoryProvider({
      infer: () => {
        if (!cloud.serves(`${namespace}/${name}`, revision)) {
          throw new ModelspineError('unavailable', `nothing serves at ${address}`)
        }
        return { kind: 'tensors', outputs: [] }
      },
    })
  }
  return {
    local: cloudTarget(cloud, 'none'),
    front: cloudTarget(cloud, 'percent'),
    connect: { cloud: provider },
  }
}
