/*
 * AEAD_AES_128_GCM on OpenSSL itself: Debian's libsrtp2 runs on NSS, and the generator must cost less than what it measures. It
 * also keeps the two ends free of common code.
 */
#include "load.h"

#include <string.h>

#define RTCP_HEADER_BYTES 8
#define RTCP_TRAILER_BYTES 4

/* AES in counter mode over the salt with the label on its byte 7 (RFC 3711, 4.3); the packet index is zero. */
static bool derive(const uint8_t *key, const uint8_t *salt, uint8_t label, uint8_t *out, int length) {
  uint8_t block[16] = {0};
  static const uint8_t zeros[16] = {0};
  memcpy(block, salt, SRTP_SALT_BYTES);
  block[7] ^= label;
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
  int written = 0;
  bool ok = cipher != NULL && EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, key, block) == 1 && EVP_EncryptUpdate(cipher, out, &written, zeros, length) == 1;
  EVP_CIPHER_CTX_free(cipher);
  return ok && written == length;
}

static EVP_CIPHER_CTX *open_cipher(const uint8_t *key, bool is_sending) {
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
  if (cipher == NULL || EVP_CipherInit_ex(cipher, EVP_aes_128_gcm(), NULL, key, NULL, is_sending) != 1) return NULL;
  return cipher;
}

bool srtp_open(struct srtp_direction *direction, const uint8_t *key, const uint8_t *salt, bool is_sending) {
  uint8_t rtp_key[SRTP_KEY_BYTES];
  uint8_t rtcp_key[SRTP_KEY_BYTES];
  bool ok = derive(key, salt, 0, rtp_key, SRTP_KEY_BYTES) && derive(key, salt, 2, direction->rtp_salt, SRTP_SALT_BYTES) &&
            derive(key, salt, 3, rtcp_key, SRTP_KEY_BYTES) && derive(key, salt, 5, direction->rtcp_salt, SRTP_SALT_BYTES);
  if (!ok) return false;
  direction->rtp = open_cipher(rtp_key, is_sending);
  direction->rtcp = open_cipher(rtcp_key, is_sending);
  direction->rtcp_index = 0;
  return direction->rtp != NULL && direction->rtcp != NULL;
}

void srtp_close(struct srtp_direction *direction) {
  EVP_CIPHER_CTX_free(direction->rtp);
  EVP_CIPHER_CTX_free(direction->rtcp);
  direction->rtp = NULL;
  direction->rtcp = NULL;
}

static bool seal(EVP_CIPHER_CTX *cipher, const uint8_t *iv, const uint8_t *clear, int clear_length, const uint8_t *more, uint8_t *secret, int length) {
  int written;
  return EVP_EncryptInit_ex(cipher, NULL, NULL, NULL, iv) == 1 && EVP_EncryptUpdate(cipher, NULL, &written, clear, clear_length) == 1 &&
         (more == NULL || EVP_EncryptUpdate(cipher, NULL, &written, more, RTCP_TRAILER_BYTES) == 1) && EVP_EncryptUpdate(cipher, secret, &written, secret, length) == 1 &&
         EVP_EncryptFinal_ex(cipher, secret + length, &written) == 1 && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, SRTP_TAG_BYTES, secret + length) == 1;
}

static bool unseal(EVP_CIPHER_CTX *cipher, const uint8_t *iv, const uint8_t *clear, int clear_length, const uint8_t *more, uint8_t *secret, int length) {
  int written;
  return EVP_DecryptInit_ex(cipher, NULL, NULL, NULL, iv) == 1 && EVP_DecryptUpdate(cipher, NULL, &written, clear, clear_length) == 1 &&
         (more == NULL || EVP_DecryptUpdate(cipher, NULL, &written, more, RTCP_TRAILER_BYTES) == 1) && EVP_DecryptUpdate(cipher, secret, &written, secret, length) == 1 &&
         EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, SRTP_TAG_BYTES, secret + length) == 1 && EVP_DecryptFinal_ex(cipher, secret + length, &written) == 1;
}

static void rtp_vector(const struct srtp_direction *direction, const uint8_t *packet, uint64_t packet_index, uint8_t *iv) {
  memset(iv, 0, SRTP_SALT_BYTES);
  memcpy(iv + 2, packet + 8, 4);
  write32(iv + 6, (uint32_t)(packet_index >> 16));
  write16(iv + 10, (uint16_t)packet_index);
  for (int i = 0; i < SRTP_SALT_BYTES; i += 1) iv[i] ^= direction->rtp_salt[i];
}

static void rtcp_vector(const struct srtp_direction *direction, const uint8_t *packet, uint32_t index, uint8_t *iv) {
  memset(iv, 0, SRTP_SALT_BYTES);
  memcpy(iv + 2, packet + 4, 4);
  write32(iv + 8, index);
  for (int i = 0; i < SRTP_SALT_BYTES; i += 1) iv[i] ^= direction->rtcp_salt[i];
}

size_t rtp_header_length(const uint8_t *packet, size_t length) {
  if (length < 12) return 0;
  size_t header = 12 + 4 * (size_t)(packet[0] & 0x0F);
  if ((packet[0] & 0x10) != 0) {
    if (length < header + 4) return 0;
    header += 4 + 4 * (size_t)read16(packet + header + 2);
  }
  return header <= length ? header : 0;
}

size_t srtp_protect(struct srtp_direction *direction, uint8_t *packet, size_t length, size_t capacity, uint64_t packet_index) {
  uint8_t iv[SRTP_SALT_BYTES];
  size_t header = rtp_header_length(packet, length);
  if (header == 0 || length + SRTP_TAG_BYTES > capacity) return 0;
  rtp_vector(direction, packet, packet_index, iv);
  return seal(direction->rtp, iv, packet, (int)header, NULL, packet + header, (int)(length - header)) ? length + SRTP_TAG_BYTES : 0;
}

size_t srtp_unprotect(struct srtp_direction *direction, uint8_t *packet, size_t length, uint64_t packet_index) {
  uint8_t iv[SRTP_SALT_BYTES];
  size_t header = rtp_header_length(packet, length);
  if (header == 0 || length < header + SRTP_TAG_BYTES) return 0;
  size_t plain = length - SRTP_TAG_BYTES;
  rtp_vector(direction, packet, packet_index, iv);
  return unseal(direction->rtp, iv, packet, (int)header, NULL, packet + header, (int)(plain - header)) ? plain : 0;
}

size_t srtcp_protect(struct srtp_direction *direction, uint8_t *packet, size_t length, size_t capacity) {
  uint8_t iv[SRTP_SALT_BYTES];
  uint8_t trailer[RTCP_TRAILER_BYTES];
  if (length < RTCP_HEADER_BYTES || length + SRTP_TAG_BYTES + RTCP_TRAILER_BYTES > capacity) return 0;
  uint32_t index = direction->rtcp_index;
  direction->rtcp_index += 1;
  write32(trailer, index | 0x80000000u); /* the top bit says that the packet is encrypted */
  rtcp_vector(direction, packet, index, iv);
  if (!seal(direction->rtcp, iv, packet, RTCP_HEADER_BYTES, trailer, packet + RTCP_HEADER_BYTES, (int)(length - RTCP_HEADER_BYTES))) return 0;
  memcpy(packet + length + SRTP_TAG_BYTES, trailer, RTCP_TRAILER_BYTES);
  return length + SRTP_TAG_BYTES + RTCP_TRAILER_BYTES;
}

size_t srtcp_unprotect(struct srtp_direction *direction, uint8_t *packet, size_t length) {
  uint8_t iv[SRTP_SALT_BYTES];
  if (length < RTCP_HEADER_BYTES + SRTP_TAG_BYTES + RTCP_TRAILER_BYTES) return 0;
  size_t plain = length - SRTP_TAG_BYTES - RTCP_TRAILER_BYTES;
  const uint8_t *trailer = packet + length - RTCP_TRAILER_BYTES;
  rtcp_vector(direction, packet, read32(trailer) & 0x7FFFFFFFu, iv);
  return unseal(direction->rtcp, iv, packet, RTCP_HEADER_BYTES, trailer, packet + RTCP_HEADER_BYTES, (int)(plain - RTCP_HEADER_BYTES)) ? plain : 0;
}
