import type { TrustedRoot } from './chain.ts'

/** A root of Apple by its public key; what a certificate says beyond that is not needed. */
interface RootEntry {
  readonly name: string
  readonly sha256: string
  readonly subject: string
  /** SubjectPublicKeyInfo in base64. */
  readonly key: string
}

// Published at https://www.apple.com/certificateauthority/. Root CA signs code and timestamps; G2
// and G3 came later. The root of 2005 ended in 2025 and is not among them.
const ENTRIES: readonly RootEntry[] = [
  {
    name: 'Apple Root CA',
    sha256: 'b0b1730ecbc7ff4505142c49f1295e6eda6bcaed7e2c68c5be91b5a11001f024',
    subject:
      '3062310b300906035504061302555331133011060355040a130a4170706c6520496e632e312630240603' +
      '55040b131d4170706c652043657274696669636174696f6e20417574686f726974793116301406035504' +
      '03130d4170706c6520526f6f74204341',
    key:
      'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA5JGpCR+R2x5HUOsF7V55hC3rNqJXTFXsixmJ3vlL' +
      'bPUHqyIwAugYPvhQCdN/QaiY+dHKZpwkaxHQo7vkGyrDH5WeegykR4tb1BY3M8vED03OFGnRyRly9V0O1X9f' +
      'm/IlA7pVj01dDfFkNSMVSxVZHbOU9/acns9QusFYUGePCLQg98usLCBvcLY/ATCMt0PPD5098ytJKBrI/s61' +
      'uQ7ZXhzWyz21Oq30Dw4AkguxIRYudNU8DdtiFqujcZJHU1XBry9Bs/j743DN5qNMRX4fTGtQlkGJxHRiCxCD' +
      'QYczioGxMFjsWgQyjGizjx3eZXP/Z15lvEnYdp8zFGWhd5TJLQIDAQAB',
  },
  {
    name: 'Apple Root CA - G2',
    sha256: 'c2b9b042dd57830e7d117dac55ac8ae19407d38e41d88f3215bc3a890444a050',
    subject:
      '3067311b301906035504030c124170706c6520526f6f74204341202d20473231263024060355040b0c1d' +
      '4170706c652043657274696669636174696f6e20417574686f7269747931133011060355040a0c0a4170' +
      '706c6520496e632e310b3009060355040613025553',
    key:
      'MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA2BESSEjaKYpJxRzH7G4zbf5N++Ac3qxe4janJPl/' +
      'UGtMzrkwVCfls9btJeYwtgU3XhQiEcXoqhvS+7LSCZU4pO8qSYxdPnFmAzj7FvWFiORakgwEMvLIQPtSX5/2' +
      'wPHjukWgUNUSi/Ld3pGGI/D1tnIuAdoL9i45CF8ZoWNBCxynlMGGxFMvdvYK1wzRgz8aUxnzV9Unf/wTuPiS' +
      'jfzTKEM8tWgAJV0nYtPdVd1EIJCDNZPFv7gZ+2vj3AhC5q9t+p5Ayk6FhXhJsdfDwTA5Mqt+X6rTi2+fLRoh' +
      'aHBns6PxmEFtkXz419uo518hGowzvzF0t7jR9OAi9L9yNN/3gU1xfVGh4rPw0ygWc2/NzK03fU7rrUDhP4H9' +
      '9z0KPqLxvTGWKVncwhmAjFt0xizTEFMmHRRPxNSBZjyHZzMnFAjptHeENFKPifhomBe/w7uqE5MfXVQvqMd8' +
      '+w0UvhU9JDTymtx1QWYitAHWC6+QngzqYvibWTwI4pY05GPevDfU6wyIA0MLUK+gNN1QTRX7WiTYDPoMY54f' +
      'A7Hh7uGqQ/RmZSg3AjHvAcce0cyfbcpUOkDbzs9PRotKZZpqxmhs18yZG0ewcsN3j8T3YZx0H879a6HCnJSC' +
      'q5Si570burlwOZUXxSnzOVg09cSkxntguWZDUD9uYfwO+YaqYAxDS5UCAwEAAQ==',
  },
  {
    name: 'Apple Root CA - G3',
    sha256: '63343abfb89a6a03ebb57e9b3f5fa7be7c4f5c756f3017b3a8c488c3653e9179',
    subject:
      '3067311b301906035504030c124170706c6520526f6f74204341202d20473331263024060355040b0c1d' +
      '4170706c652043657274696669636174696f6e20417574686f7269747931133011060355040a0c0a4170' +
      '706c6520496e632e310b3009060355040613025553',
    key:
      'MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEmOkvPUBypO2TInKBExzdEJXxxaNOcdwUFtkO5aYFKndke19OONO7' +
      'HES1f/UftjJiXcnphFtPME8RWgD9WFgMpfUPLE0HRxN12peXl28xXO0rnXsgO9i5VNlemaQ6UQox',
  },
]

/** The roots that sign for Apple. */
export const APPLE_ROOTS: readonly TrustedRoot[] = ENTRIES.map(({ key, ...root }) => ({
  ...root,
  publicKey: Buffer.from(key, 'base64'),
}))
