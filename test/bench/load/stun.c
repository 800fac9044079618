/* Both sides of ICE checks: our own, which nominate, with the recognition of their answers, and answers to the SFU's (janus checks its pairs even as ICE-lite). */
#include "load.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define HEADER_BYTES 20
#define INTEGRITY_BYTES 24
#define FINGERPRINT_BYTES 8
#define MAGIC_COOKIE 0x2112A442u

enum {
  BINDING_REQUEST = 0x0001,
  BINDING_SUCCESS = 0x0101,
  ATTRIBUTE_USERNAME = 0x0006,
  ATTRIBUTE_INTEGRITY = 0x0008,
  ATTRIBUTE_XOR_ADDRESS = 0x0020,
  ATTRIBUTE_PRIORITY = 0x0024,
  ATTRIBUTE_USE_CANDIDATE = 0x0025,
  ATTRIBUTE_FINGERPRINT = 0x8028,
  ATTRIBUTE_CONTROLLING = 0x802A,
};

static uint32_t crc32_of(const uint8_t *bytes, size_t length) {
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t i = 0; i < length; i += 1) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit += 1) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

static size_t add_attribute(uint8_t *out, size_t at, uint16_t type, const void *value, size_t length) {
  size_t padded = (length + 3) & ~(size_t)3;
  write16(out + at, type);
  write16(out + at + 2, (uint16_t)length);
  memset(out + at + 4, 0, padded);
  if (length > 0) memcpy(out + at + 4, value, length);
  return at + 4 + padded;
}

/* Each digest covers a header whose length already counts that digest, and nothing after it. */
static size_t sign(uint8_t *out, size_t length, const char *password) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned digest_length = 0;
  write16(out + 2, (uint16_t)(length + INTEGRITY_BYTES - HEADER_BYTES));
  HMAC(EVP_sha1(), password, (int)strlen(password), out, length, digest, &digest_length);
  length = add_attribute(out, length, ATTRIBUTE_INTEGRITY, digest, 20);

  uint8_t checksum[4];
  write16(out + 2, (uint16_t)(length + FINGERPRINT_BYTES - HEADER_BYTES));
  write32(checksum, crc32_of(out, length) ^ 0x5354554Eu);
  return add_attribute(out, length, ATTRIBUTE_FINGERPRINT, checksum, sizeof checksum);
}

size_t stun_write_request(uint8_t *out, size_t capacity, const struct ice_credentials *credentials, const uint8_t *transaction) {
  char username[sizeof credentials->remote_ufrag + sizeof credentials->local_ufrag + 1];
  int username_length = snprintf(username, sizeof username, "%s:%s", credentials->remote_ufrag, credentials->local_ufrag);
  if (username_length <= 0 || capacity < (size_t)username_length + 100) return 0;

  write16(out, BINDING_REQUEST);
  write32(out + 4, MAGIC_COOKIE);
  memcpy(out + 8, transaction, STUN_TRANSACTION_BYTES);

  /* A host candidate's priority; the only path there is. One tie-breaker will do: the SFU is never controlling. */
  static const uint8_t priority[4] = {0x7E, 0x00, 0x00, 0xFF};
  static const uint8_t tie_breaker[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  size_t length = add_attribute(out, HEADER_BYTES, ATTRIBUTE_USERNAME, username, (size_t)username_length);
  length = add_attribute(out, length, ATTRIBUTE_PRIORITY, priority, sizeof priority);
  length = add_attribute(out, length, ATTRIBUTE_CONTROLLING, tie_breaker, sizeof tie_breaker);
  length = add_attribute(out, length, ATTRIBUTE_USE_CANDIDATE, NULL, 0);

  return sign(out, length, credentials->remote_password);
}

bool stun_is_request(const uint8_t *datagram, size_t length) {
  return length >= HEADER_BYTES && read16(datagram) == BINDING_REQUEST;
}

size_t stun_write_answer(uint8_t *out, const uint8_t *request, const struct sockaddr_in *from, const char *local_password) {
  uint8_t address[8] = {0, 1};
  write16(address + 2, (uint16_t)(ntohs(from->sin_port) ^ (MAGIC_COOKIE >> 16)));
  write32(address + 4, ntohl(from->sin_addr.s_addr) ^ MAGIC_COOKIE);
  write16(out, BINDING_SUCCESS);
  memcpy(out + 4, request + 4, 4 + STUN_TRANSACTION_BYTES);
  return sign(out, add_attribute(out, HEADER_BYTES, ATTRIBUTE_XOR_ADDRESS, address, sizeof address), local_password);
}

bool stun_is_success(const uint8_t *datagram, size_t length, const uint8_t *transaction) {
  return length >= HEADER_BYTES && read16(datagram) == BINDING_SUCCESS && memcmp(datagram + 8, transaction, STUN_TRANSACTION_BYTES) == 0;
}
