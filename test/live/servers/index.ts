import { kserve } from './kserve.ts'
import { kubeApiserver } from './kube-apiserver.ts'
import { mlflow } from './mlflow.ts'
import { mlserver } from './mlserver.ts'
import { opa } from './opa.ts'
import { prometheus } from './prometheus.ts'

/** All servers, by the name that suites ask for. */
export const liveServers: {
  readonly kserve: typeof kserve
  readonly 'kube-apiserver': typeof kubeApiserver
  readonly mlflow: typeof mlflow
  readonly mlserver: typeof mlserver
  readonly opa: typeof opa
  readonly prometheus: typeof prometheus
} = { kserve, 'kube-apiserver': kubeApiserver, mlflow, mlserver, opa, prometheus }

export type ServerName = keyof typeof liveServers

export type AddressOf<Name extends ServerName> = Awaited<
  ReturnType<(typeof liveServers)[Name]['start']>
>['address']
