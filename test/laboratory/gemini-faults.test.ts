import { playChaptersOf } from './fault-chapter.ts'

playChaptersOf('gemini', 'vertex-gemini')
