/** `docs/reference/command-line.md`: every command with its help. */
import { COMMANDS } from '../apps/cli/src/commands/index.ts'
import { commandHelp } from '../apps/cli/src/command-line.ts'

/** The help of every command, as one page. */
export async function commandLinePage(): Promise<string> {
  const sections: string[] = []
  for (const command of COMMANDS) {
    const help = (await commandHelp(command)).trimEnd()
    sections.push(`## pomona ${command.name}\n\n\`\`\`\n${help}\n\`\`\`\n`)
  }
  return `# Command line

Generated from \`apps/cli/src/commands\` by \`npm run generate\`. From a checkout: \`npx pomona …\`. Data goes to stdout, text for
people to stderr; \`--json\` prints one JSON object a line. Exit codes: 0 done, 1 failed, 2 wrong use. A reader that stops early
(\`| head\`) ends a command quietly with 0.

${sections.join('\n')}`
}
