import { deepEqual, equal, rejects, throws } from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Command,
  commandHelp,
  EXIT,
  findCommand,
  type Input,
  overview,
  readInput,
} from '../src/command-line.ts'

function command(name: string, overrides: Partial<Command> = {}): Command {
  return {
    name,
    summary: `What ${name} does.`,
    operands: '',
    options: {},
    run: () => Promise.resolve(EXIT.done),
    ...overrides,
  }
}

const COMMANDS = [command('sim'), command('sim fleet'), command('rules check'), command('version')]

const found = [
  { name: 'takes one word', words: ['sim', '--seed', '1'], want: 'sim', rest: ['--seed', '1'] },
  {
    name: 'takes the longest name',
    words: ['sim', 'fleet', '--agents'],
    want: 'sim fleet',
    rest: ['--agents'],
  },
  {
    name: 'leaves operands alone',
    words: ['rules', 'check', 'sim'],
    want: 'rules check',
    rest: ['sim'],
  },
]
for (const { name, words, want, rest } of found) {
  test(`find command: ${name}`, () => {
    const result = findCommand(COMMANDS, words)
    equal(result?.command.name, want)
    deepEqual(result?.rest, rest)
  })
}

test('find command: half a name is none', () => {
  equal(findCommand(COMMANDS, ['rules']), undefined)
})

const table = command('demo', {
  operands: 'FILE…',
  options: {
    seed: { type: 'string', description: 'Seed.' },
    json: { type: 'boolean', description: 'As JSON.' },
    host: { type: 'string', multiple: true, value: 'NAME', description: 'Host.' },
  },
})

async function read(...args: string[]): Promise<Input> {
  const input = await readInput(table, args)
  if (input === 'help') throw new Error('unexpected help')
  return input
}

test('input: reads operands, flags, texts and lists', async () => {
  const input = await read('a', '--seed', '7', '--json', '--host', 'x', '--host=y', 'b')
  deepEqual(input.operands, ['a', 'b'])
  equal(input.text('seed'), '7')
  equal(input.flag('json'), true)
  deepEqual(input.texts('host'), ['x', 'y'])
})

test('input: what was not given is absent', async () => {
  const input = await read()
  equal(input.text('seed'), undefined)
  equal(input.flag('json'), false)
  deepEqual(input.texts('host'), [])
  throws(() => input.required('seed'), { code: 'ERR_CLI_USAGE', message: /--seed is missing/ })
})

test('input: everything after -- is an operand', async () => {
  const { operands } = await read('--', '--json')
  deepEqual(operands, ['--json'])
})

test('input: --help wins over other arguments', async () => {
  equal(await readInput(table, ['--help', 'x']), 'help')
  equal(await readInput(table, ['-h']), 'help')
})

const refused = [
  { name: 'an unknown option, with the nearest', args: ['--sed', '1'], message: /--sed.*--seed/ },
  {
    name: 'an unknown option far from any',
    args: ['--quantity'],
    message: /no option --quantity\.$/,
  },
  { name: 'an option without its value', args: ['--seed'], message: /--seed/ },
  { name: 'a value for a flag', args: ['--json=1'], message: /--json/ },
]
for (const { name, args, message } of refused) {
  test(`input: refuses ${name}`, async () => {
    await rejects(readInput(table, args), { code: 'ERR_CLI_USAGE', message })
  })
}

test('input: refuses an operand where none is taken', async () => {
  await rejects(readInput(command('version'), ['x']), { code: 'ERR_CLI_USAGE', message: /"x"/ })
})

const numbers = [
  { name: 'the lowest', text: '1', want: 1 },
  { name: 'the highest', text: '10', want: 10 },
  { name: 'below the lowest', text: '0', want: undefined },
  { name: 'above the highest', text: '10.5', want: undefined },
  { name: 'a fraction', text: '1.5', want: undefined },
  { name: 'words', text: 'ten', want: undefined },
  { name: 'nothing', text: '', want: undefined },
  { name: 'not a number', text: 'NaN', want: undefined },
]
for (const { name, text, want } of numbers) {
  test(`input number: ${name}`, async () => {
    const input = await read('--seed', text)
    const number = () => input.number('seed', { min: 1, max: 10, whole: true })
    if (want === undefined) throws(number, { code: 'ERR_CLI_USAGE', message: /from 1 to 10/ })
    else equal(number(), want)
  })
}

test('help: shows usage, options with their values, and notes', async () => {
  const help = await commandHelp({ ...table, notes: ['A note.'] })
  for (const part of [
    'What demo does.',
    'Usage: pomona demo FILE… [options]',
    '--host NAME …',
    '--help',
    'A note.',
  ]) {
    equal(help.includes(part), true, part)
  }
})

test('overview: names every command and the exit codes', () => {
  const text = overview(COMMANDS)
  for (const { name, summary } of COMMANDS)
    equal(text.includes(name) && text.includes(summary), true)
  equal(text.includes('0 done, 1 failed, 2 wrong use'), true)
})
