/** Installs what the live suites need, all at the same time, so that CI can do it while something else runs. */
import { pythonVenv } from './python-venv.ts'
import { requirements } from './requirements.ts'

await Promise.all(Object.entries(requirements).map(([name, packages]) => pythonVenv(name, packages)))
