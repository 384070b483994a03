/** Downloads the artifact that the test names, until it is killed. */
import { fetchMlflowArtifacts } from 'modelspine/adapters/mlflow'

const [baseUrl = '', uri = '', folder = ''] = process.argv.slice(2)
await fetchMlflowArtifacts({ baseUrl, uri, folder })
