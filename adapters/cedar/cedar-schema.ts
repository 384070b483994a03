/** What a policy can read, in Cedar's own language. `npm run schema` writes it into schemas/. */
export const cedarSchema: string = `// What Modelspine asks policies in Cedar.

// What an actor belongs to: principal in Role::"release".
entity Role;

// resource in Namespace::"prod".
entity Namespace;

// "roles" has the names of the roles as texts, to compare them with labels.
entity Actor in [Role] = {
  name: String,
  roles: Set<String>,
};

// A declared resource. Its tags are its labels.
entity ModelDeployment in [Namespace] = {
  name: String,
  namespace: String,
  spec: DeploymentSpec,
} tags String;

entity ModelRoute in [Namespace] = {
  name: String,
  namespace: String,
  spec: RouteSpec,
} tags String;

// What is stored under the key of the resource now: a deployment or a route. Its tags are its labels.
entity Previous = {
  name: String,
  namespace: String,
  deployment?: DeploymentSpec,
  route?: RouteSpec,
} tags String;

// A question that has no more than the key of a resource.
entity DeploymentName in [Namespace] = {
  name: String,
  namespace: String,
};

entity RouteName in [Namespace] = {
  name: String,
  namespace: String,
};

entity Dataset = {
  name: String,
};

// The registry's record of a version. Its tags are those of the registry.
entity Model = {
  registry: String,
  name: String,
  version: String,
  approval: String,
  aliases: Set<String>,
  createdAtMs: Long,
  owner?: String,
  classification?: String,
  artifact: Artifact,
  lineage: Lineage,
  metrics: Metrics,
} tags String;

// Evaluation metrics by name.
entity Metrics tags Bounds;

// A number lies between both. They are equal where four digits after the point are enough for it.
type Bounds = {
  low: decimal,
  high: decimal,
};

type DeploymentSpec = {
  model: Reference,
  target: { name: String },
  runtime: Runtime,
  scale: { min: Long, max: Long },
  strategy: String,
  analysis: Set<String>,
  policies: Set<String>,
  deadlineMs: Long,
  answerWithinMs: Long,
  onPromoted: { setAlias?: String },
};

// The names are those that callers write, declared or not.
type RouteSpec = {
  names: Set<String>,
  operations: Set<String>,
  backends: Backends,
  fallback: Backends,
  timeoutMs: Long,
  onPolicyError: String,
};

type Reference = {
  registry: String,
  name?: String,
  version?: String,
  alias?: String,
  text?: String,
};

// The names of the variables, the references of the secrets, and the names of the resources.
type Runtime = {
  env: Set<String>,
  secrets: Set<String>,
  resources: Set<String>,
};

type Backends = {
  deployments: Set<String>,
  providers: Set<String>,
  models: Set<String>,
};

type Artifact = {
  kind: String,
  files: Set<String>,
  provider?: String,
  model?: String,
};

type Lineage = {
  run?: String,
  commit?: String,
  datasets: Set<String>,
  parents: Set<String>,
};

type Revision = {
  name: String,
  adopted: Bool,
  model: { registry: String, name: String, version: String, artifact: Artifact },
  runtime: Runtime,
};

// The people who approved, and all of their roles.
type Approvals = {
  count: Long,
  names: Set<String>,
  roles: Set<String>,
};

action deploy appliesTo {
  principal: [Actor],
  resource: [ModelDeployment, ModelRoute],
  context: { previous?: Previous },
};

// "approvals" has all approvals of the revision, "approvalsOfOthers" those that the principal did not give.
action promote appliesTo {
  principal: [Actor],
  resource: [ModelDeployment],
  context: {
    weight: Long,
    revision: Revision,
    model?: Model,
    approvals: Approvals,
    approvalsOfOthers: Approvals,
  },
};

action invoke appliesTo {
  principal: [Actor],
  resource: [RouteName],
  context: { operation: String, requestId: String },
};

action "query-data" appliesTo {
  principal: [Actor],
  resource: [Dataset],
  context: { deployment: DeploymentName },
};

action command appliesTo {
  principal: [Actor],
  resource: [ModelDeployment],
  context: { command: String, revision?: String, full: Bool },
};

action delete appliesTo {
  principal: [Actor],
  resource: [ModelDeployment, ModelRoute],
  context: { force: Bool },
};
`
