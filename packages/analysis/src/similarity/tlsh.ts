// Trend Micro Locality Sensitive Hash, 128 buckets and one byte of checksum: counts of hashed
// triples of a window of five bytes, told by which quarter of all counts each lies in.
const WINDOW = 5
const BUCKETS = 128
const LENGTH_MIN = 50
/** Buckets that must be hit: less variety says nothing. */
const BUCKETS_HIT_MIN = BUCKETS / 2

/** The permutation of P. K. Pearson, “Fast hashing of variable-length text strings”, 1990. */
const PEARSON = Uint8Array.of(
  1,
  87,
  49,
  12,
  176,
  178,
  102,
  166,
  121,
  193,
  6,
  84,
  249,
  230,
  44,
  163,
  14,
  197,
  213,
  181,
  161,
  85,
  218,
  80,
  64,
  239,
  24,
  226,
  236,
  142,
  38,
  200,
  110,
  177,
  104,
  103,
  141,
  253,
  255,
  50,
  77,
  101,
  81,
  18,
  45,
  96,
  31,
  222,
  25,
  107,
  190,
  70,
  86,
  237,
  240,
  34,
  72,
  242,
  20,
  214,
  244,
  227,
  149,
  235,
  97,
  234,
  57,
  22,
  60,
  250,
  82,
  175,
  208,
  5,
  127,
  199,
  111,
  62,
  135,
  248,
  174,
  169,
  211,
  58,
  66,
  154,
  106,
  195,
  245,
  171,
  17,
  187,
  182,
  179,
  0,
  243,
  132,
  56,
  148,
  75,
  128,
  133,
  158,
  100,
  130,
  126,
  91,
  13,
  153,
  246,
  216,
  219,
  119,
  68,
  223,
  78,
  83,
  88,
  201,
  99,
  122,
  11,
  92,
  32,
  136,
  114,
  52,
  10,
  138,
  30,
  48,
  183,
  156,
  35,
  61,
  26,
  143,
  74,
  251,
  94,
  129,
  162,
  63,
  152,
  170,
  7,
  115,
  167,
  241,
  206,
  3,
  150,
  55,
  59,
  151,
  220,
  90,
  53,
  23,
  131,
  125,
  173,
  15,
  238,
  79,
  95,
  89,
  16,
  105,
  137,
  225,
  224,
  217,
  160,
  37,
  123,
  118,
  73,
  2,
  157,
  46,
  116,
  9,
  145,
  134,
  228,
  207,
  212,
  202,
  215,
  69,
  229,
  27,
  188,
  67,
  124,
  168,
  252,
  42,
  4,
  29,
  108,
  21,
  247,
  19,
  205,
  39,
  203,
  233,
  40,
  186,
  147,
  198,
  192,
  155,
  33,
  164,
  191,
  98,
  204,
  165,
  180,
  117,
  76,
  140,
  36,
  210,
  172,
  41,
  54,
  159,
  8,
  185,
  232,
  113,
  196,
  231,
  47,
  146,
  120,
  51,
  65,
  28,
  144,
  254,
  221,
  93,
  189,
  194,
  139,
  112,
  43,
  71,
  109,
  184,
  209,
)

/** A salt and two bytes after one another, before the third. */
const pearson = (salted: number, byte: number): number => PEARSON[salted ^ byte] ?? 0

// Salts of the six triples of a window, hashed: the first byte is always the newest.
const SALTS = [2, 3, 5, 7, 11, 13].map((salt) => PEARSON[salt] ?? 0)

interface Counted {
  readonly buckets: Uint32Array
  readonly checksum: number
}

function count(bytes: Uint8Array): Counted {
  const buckets = new Uint32Array(256)
  const [s2 = 0, s3 = 0, s5 = 0, s7 = 0, s11 = 0, s13 = 0] = SALTS
  const zero = PEARSON[0] ?? 0
  let checksum = 0
  const hit = (salted: number, third: number): void => {
    const bucket = pearson(salted, third)
    buckets[bucket] = (buckets[bucket] ?? 0) + 1
  }
  for (let at = WINDOW - 1; at < bytes.length; at++) {
    const [a = 0, b = 0, c = 0] = [bytes[at], bytes[at - 1], bytes[at - 2]]
    const [d = 0, e = 0] = [bytes[at - 3], bytes[at - 4]]
    checksum = pearson(pearson(pearson(zero, a), b), checksum)
    hit(pearson(pearson(s2, a), b), c)
    hit(pearson(pearson(s3, a), b), d)
    hit(pearson(pearson(s5, a), c), d)
    hit(pearson(pearson(s7, a), c), e)
    hit(pearson(pearson(s11, a), b), e)
    hit(pearson(pearson(s13, a), d), e)
  }
  return { buckets: buckets.subarray(0, BUCKETS), checksum }
}

/** The length in steps that grow with it: by a half, a third, then a tenth. */
function lengthStep(length: number): number {
  const log = Math.log(Math.fround(length))
  if (length <= 656) return Math.floor(log / 0.405_465_1) & 0xff
  if (length <= 3199) return Math.floor(log / 0.262_364_27 - 8.727_77) & 0xff
  return Math.floor(log / 0.095_310_18 - 62.5472) & 0xff
}

const swapped = (byte: number): number => ((byte & 0xf) << 4) | (byte >> 4)

/** Two bits a bucket: which quarter of all counts its own lies in. */
function quarters(buckets: Uint32Array, limits: readonly [number, number, number]): number[] {
  const [first, second, third] = limits
  return Array.from({ length: BUCKETS / 4 }, (_, index) => {
    let byte = 0
    for (let bucket = 0; bucket < 4; bucket++) {
      const hits = buckets[4 * index + bucket] ?? 0
      const quarter = hits > third ? 3 : hits > second ? 2 : hits > first ? 1 : 0
      byte |= quarter << (bucket * 2)
    }
    return byte
  }).toReversed()
}

/**
 * The TLSH digest of bytes, version `T1`.
 *
 * @returns undefined for bytes that are too short or too uniform to have one.
 * @see     J. Oliver, C. Cheng, Y. Chen, “TLSH: a locality sensitive hash”, 2013.
 */
export function tlsh(bytes: Uint8Array): string | undefined {
  if (bytes.length < LENGTH_MIN) return undefined
  const { buckets, checksum } = count(bytes)
  const sorted = buckets.toSorted()
  const quartile = (part: number): number => sorted[(BUCKETS / 4) * part - 1] ?? 0
  const [first, second, third] = [quartile(1), quartile(2), quartile(3)] as const
  const hit = buckets.filter((hits) => hits > 0).length
  if (third === 0 || hit <= BUCKETS_HIT_MIN) return undefined
  const ratio = (part: number): number => Math.floor((part * 100) / third) % 16
  const header = [
    swapped(checksum),
    swapped(lengthStep(bytes.length)),
    (ratio(first) << 4) | ratio(second),
  ]
  const body = [...header, ...quarters(buckets, [first, second, third])]
  return `T1${Buffer.from(body).toString('hex').toUpperCase()}`
}
