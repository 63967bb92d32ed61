import type { Command } from '../command-line.ts'
import { agentCommand, agentStatusCommand } from './agent.ts'
import { eqlCommand } from './eql.ts'
import { mutePlanCommand } from './mute-plan.ts'
import { normalizeCommand } from './normalize.ts'
import { replayCommand } from './replay.ts'
import { rulesBacktestCommand } from './rules-backtest.ts'
import { rulesCheckCommand } from './rules-check.ts'
import { rulesEvalCommand } from './rules-eval.ts'
import { rulesExplainCommand } from './rules-explain.ts'
import { rulesTestCommand } from './rules-test.ts'
import { scanCommand } from './scan.ts'
import { serverEnrolTokenCommand } from './server-enrol-token.ts'
import { serverCommand, serverRebuildCommand } from './server.ts'
import { simFleetCommand } from './sim-fleet.ts'
import { simCommand } from './sim.ts'
import { versionCommand } from './version.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  replayCommand,
  normalizeCommand,
  rulesCheckCommand,
  rulesEvalCommand,
  rulesTestCommand,
  rulesExplainCommand,
  rulesBacktestCommand,
  eqlCommand,
  mutePlanCommand,
  scanCommand,
  simCommand,
  simFleetCommand,
  serverCommand,
  serverRebuildCommand,
  serverEnrolTokenCommand,
  agentCommand,
  agentStatusCommand,
  versionCommand,
]
