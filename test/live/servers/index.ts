import { mlflow } from '../../../servers/mlflow.ts'
import { opa } from '../../../servers/opa.ts'
import { prometheus } from '../../../servers/prometheus.ts'
import { goldenNumbers } from './golden-numbers.ts'
import { kserve } from './kserve.ts'
import { kubeApiserver } from './kube-apiserver.ts'
import { llama } from './llama.ts'
import { ministack } from './ministack.ts'
import { mlserver } from './mlserver.ts'
import { moto } from './moto.ts'
import { otelCollector } from './otel-collector.ts'
import { pythonClients } from './python-clients.ts'

/** All servers, by the name that suites ask for. */
export const liveServers: {
  readonly 'golden-numbers': typeof goldenNumbers
  readonly kserve: typeof kserve
  readonly 'kube-apiserver': typeof kubeApiserver
  readonly ministack: typeof ministack
  readonly llama: typeof llama
  readonly mlflow: typeof mlflow
  readonly mlserver: typeof mlserver
  readonly moto: typeof moto
  readonly opa: typeof opa
  readonly 'otel-collector': typeof otelCollector
  readonly prometheus: typeof prometheus
  readonly 'python-clients': typeof pythonClients
} = {
  'golden-numbers': goldenNumbers,
  kserve,
  'kube-apiserver': kubeApiserver,
  ministack,
  llama,
  mlflow,
  mlserver,
  moto,
  opa,
  'otel-collector': otelCollector,
  prometheus,
  'python-clients': pythonClients,
}

export type ServerName = keyof typeof liveServers

export type AddressOf<Name extends ServerName> = Awaited<
  ReturnType<(typeof liveServers)[Name]['start']>
>['address']
