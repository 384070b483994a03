/** Installs the packages of the live suites all at once, so that CI can do so while other work runs. */
import { pythonVenv } from './python-venv.ts'
import { requirements } from './requirements.ts'

await Promise.all(Object.entries(requirements).map(([name, packages]) => pythonVenv(name, packages)))
