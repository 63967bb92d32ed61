import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Random } from '@pomona/schema'
import { sha256 } from '../digest.ts'
import { codeOf } from '../errors.ts'
import { accessConfig } from './app.ts'
import { pagePolicy } from './headers.ts'
import { HttpProblem } from './problem.ts'

interface Asset {
  readonly bytes: Buffer
  readonly brotli: Buffer | undefined
  readonly type: string
  readonly etag: string
  /** The name carries a hash of the content: it never changes. */
  readonly hashed: boolean
}

/** The console's files, held in memory. */
export interface ConsoleFiles {
  readonly page: string
  readonly assets: ReadonlyMap<string, Asset>
}

const FILES_MAX = 2_000
const BYTES_MAX = 64 * 1024 * 1024
const NONCE = '__CSP_NONCE__'
const NONCE_BYTES = 16
const HASHED = /-[A-Za-z0-9_-]{8,}\.\w+$/
const COMPRESSED_BYTES_MIN = 1_024

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

const compress = promisify(brotliCompress)

/**
 * Reads the built console into memory: what is not in the map does not exist, so no path of a
 * request ever reaches the file system.
 *
 * @returns `undefined` when it is not built.
 */
export async function readConsole(directory: string): Promise<ConsoleFiles | undefined> {
  let names: string[]
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    names = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  const assets = new Map<string, Asset>()
  let bytes = 0
  for (const name of names.slice(0, FILES_MAX)) {
    const asset = await readAsset(name)
    bytes += asset.bytes.length
    if (bytes > BYTES_MAX) break
    assets.set(`/${relative(directory, name).split(sep).join('/')}`, asset)
  }
  const page = assets.get('/index.html')?.bytes.toString('utf8')
  assets.delete('/index.html')
  return page === undefined ? undefined : { page, assets }
}

async function readAsset(file: string): Promise<Asset> {
  const bytes = await readFile(file)
  const type = TYPES[extname(file)] ?? 'application/octet-stream'
  const text = /^text|json|svg/.test(type) && bytes.length >= COMPRESSED_BYTES_MIN
  return {
    bytes,
    brotli: text ? await compress(bytes, { params: BROTLI }) : undefined,
    type,
    etag: `"${(await sha256(bytes)).slice(0, 32)}"`,
    hashed: HASHED.test(file),
  }
}

const BROTLI = { [constants.BROTLI_PARAM_QUALITY]: 6 }

const NOT_BUILT = 'The console is not built. Run `npm run build`, then start the server again.\n'

/**
 * Serves the console: its files, and its page under every other address that a browser opens,
 * because the console routes by itself. What looks like the API or a file and is not there is a
 * plain 404.
 */
export function serveConsole(
  app: FastifyInstance,
  files: ConsoleFiles | undefined,
  random: Random,
): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    config: accessConfig({ kind: 'public' }),
    handler: (request, reply) => {
      const path = request.url.split('?', 1)[0] ?? ''
      const asset = files?.assets.get(path)
      if (asset !== undefined) return sendAsset(request, reply, asset)
      if (path.startsWith('/api/') || looksLikeFile(path)) throw nothingHere()
      if (files === undefined) return reply.code(503).type('text/plain').send(NOT_BUILT)
      return sendPage(reply, files.page, random)
    },
  })
  app.setNotFoundHandler(() => {
    throw nothingHere()
  })
}

/** The build puts files at the top and in one folder; below pages, dots belong to ids of hosts. */
function looksLikeFile(path: string): boolean {
  return path.startsWith('/assets/') || (path.lastIndexOf('/') === 0 && extname(path) !== '')
}

function nothingHere(): HttpProblem {
  return new HttpProblem('not_found', 'There is nothing under this address.')
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Asset): FastifyReply {
  reply
    .header('etag', asset.etag)
    .header('vary', 'accept-encoding')
    .header('cache-control', asset.hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send()
  const takesBrotli = /\bbr\b/.test(request.headers['accept-encoding'] ?? '')
  reply.type(asset.type)
  if (asset.brotli === undefined || !takesBrotli) return reply.send(asset.bytes)
  return reply.header('content-encoding', 'br').send(asset.brotli)
}

function sendPage(reply: FastifyReply, page: string, random: Random): FastifyReply {
  const nonce = Buffer.from(random.bytes(NONCE_BYTES)).toString('base64')
  return reply
    .header('content-security-policy', pagePolicy(nonce))
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(page.replaceAll(NONCE, nonce))
}
