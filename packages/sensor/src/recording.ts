import { open } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import type { Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { SensorError } from './errors.ts'
import type { ReaderOptions } from './eslogger/decoder.ts'
import { readEslogger, type EsloggerStream } from './eslogger/reader.ts'
import type { NetworkLimits } from './network/decoder.ts'
import { type NetworkStream, readNetwork } from './network/reader.ts'

/** Bytes read from disk at a time. */
const CHUNK_BYTES = 256 * 1024

/**
 * Opens a recorded eslogger stream: plain JSON lines, or compressed with gzip or zstd, told apart
 * by their first bytes and not by the file's name.
 *
 * @throws SensorError ERR_RECORDING_UNREADABLE when the file cannot be opened or read (at once, or
 *         while iterating); ERR_RECORDING_CORRUPT while iterating, when the compressed data is
 *         damaged or cut off, after everything before the damage was handed out.
 */
export async function openRecording(
  path: string,
  options: ReaderOptions = {},
): Promise<EsloggerStream> {
  const decompressor = await decompressorFor(path)
  return readEslogger(readBytes(path, decompressor), options)
}

/**
 * Opens a packet capture: pcapng or classic pcap, plain or compressed with gzip or zstd, told apart
 * by their first bytes.
 *
 * @throws SensorError as {@link openRecording} does. A capture that is none, or whose framing is
 *         lost, is no error: `counts().packets.broken` says so.
 */
export async function openCapture(
  path: string,
  limits: NetworkLimits = {},
): Promise<NetworkStream> {
  const decompressor = await decompressorFor(path)
  return readNetwork(readBytes(path, decompressor), limits)
}

async function* readBytes(
  path: string,
  decompressor: Transform | undefined,
): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  file.on('error', (error) => decompressor?.destroy(error))
  const stream = decompressor === undefined ? file : file.pipe(decompressor)
  try {
    // Sound: neither stream has an encoding, so both yield buffers.
    for await (const chunk of stream) yield chunk as Uint8Array
  } catch (cause) {
    throw isSystemError(cause) ? unreadable(path, cause) : corrupt(path, cause)
  } finally {
    file.destroy()
    decompressor?.destroy()
  }
}

async function decompressorFor(path: string): Promise<Transform | undefined> {
  const magic = new Uint8Array(4)
  try {
    const file = await open(path)
    try {
      await file.read(magic, 0, magic.length, 0)
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw unreadable(path, cause)
  }
  // RFC 1952 section 2.3.1 and RFC 8878 section 3.1.1.
  if (magic[0] === 0x1f && magic[1] === 0x8b) return createGunzip()
  const isZstd = magic[0] === 0x28 && magic[1] === 0xb5 && magic[2] === 0x2f && magic[3] === 0xfd
  return isZstd ? createZstdDecompress() : undefined
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

function unreadable(path: string, cause: unknown): SensorError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SensorError(
    'ERR_RECORDING_UNREADABLE',
    `Cannot read the recording ${path}: ${reason}`,
    {
      details: { path },
      cause,
    },
  )
}

function corrupt(path: string, cause: unknown): SensorError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SensorError(
    'ERR_RECORDING_CORRUPT',
    `The compressed recording ${path} is damaged or cut off (${reason}); its beginning was read.`,
    { details: { path }, cause },
  )
}
