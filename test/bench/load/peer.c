/* One peer: ICE checks until the SFU answers, then DTLS as its client, then SRTP keys for both directions. */
#include "load.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROFILE "SRTP_AEAD_AES_128_GCM"
#define CHECK_REPEAT_NS (50 * MILLISECOND_NS)
#define CONSENT_NS (2500 * MILLISECOND_NS)
#define DTLS_MTU 1200

static SSL_CTX *context;
static BIO_METHOD *datagram_method;
static char own_fingerprint[100];

static void give_up(const char *what) {
  fprintf(stderr, "load: OpenSSL: %s: %s\n", what, ERR_error_string(ERR_get_error(), NULL));
  exit(1);
}

static void describe_fingerprint(X509 *certificate, char *out) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  X509_digest(certificate, EVP_sha256(), digest, &length);
  for (unsigned i = 0; i < length; i += 1) sprintf(out + 3 * i, i + 1 < length ? "%02X:" : "%02X", digest[i]);
}

/* A BIO over the peer's own socket that keeps datagrams whole: reading gives the one that just arrived, writing sends one. */
static int datagram_read(BIO *bio, char *out, int capacity) {
  struct peer *peer = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (peer->incoming_length == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  int length = (int)peer->incoming_length < capacity ? (int)peer->incoming_length : capacity;
  memcpy(out, peer->incoming, (size_t)length);
  peer->incoming_length = 0;
  return length;
}

static int datagram_write(BIO *bio, const char *data, int length) {
  struct peer *peer = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  send(peer->socket, data, (size_t)length, 0); /* lost is lost: DTLS repeats */
  return length;
}

static long datagram_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_DGRAM_QUERY_MTU || command == BIO_CTRL_DGRAM_GET_FALLBACK_MTU) return DTLS_MTU;
  return 0; /* in particular: no kernel TLS */
}

static int accept_any(int is_ok, X509_STORE_CTX *store) {
  (void)is_ok, (void)store;
  return 1; /* self-signed by nature; compared with the signalled fingerprint after the handshake */
}

void dtls_prepare(void) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = X509_new();
  if (key == NULL || certificate == NULL) give_up("key");
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const unsigned char *)"load", -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  X509_set_pubkey(certificate, key);
  if (X509_sign(certificate, key, EVP_sha256()) == 0) give_up("certificate");
  describe_fingerprint(certificate, own_fingerprint);

  context = SSL_CTX_new(DTLS_client_method());
  if (context == NULL || SSL_CTX_use_certificate(context, certificate) != 1 || SSL_CTX_use_PrivateKey(context, key) != 1) give_up("context");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
  SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
  if (SSL_CTX_set_tlsext_use_srtp(context, PROFILE) != 0) give_up("SRTP profile");

  datagram_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagram");
  if (datagram_method == NULL) give_up("BIO");
  BIO_meth_set_read(datagram_method, datagram_read);
  BIO_meth_set_write(datagram_method, datagram_write);
  BIO_meth_set_ctrl(datagram_method, datagram_control);
}

const char *dtls_fingerprint(void) {
  return own_fingerprint;
}

static void fail(struct peer *peer, const char *problem) {
  if (peer->state == PEER_FAILED) return;
  peer->state = PEER_FAILED;
  on_peer_settled(peer, NULL, problem);
}

/* A repeated check keeps its transaction, so that a late answer to the first one counts; each renewal of consent is a new one. */
static void send_check(struct peer *peer, uint64_t now_ns) {
  uint8_t request[MAX_DATAGRAM];
  if (peer->state != PEER_CHECKING) RAND_bytes(peer->transaction, STUN_TRANSACTION_BYTES);
  size_t length = stun_write_request(request, sizeof request, &peer->ice, peer->transaction);
  if (length > 0) send(peer->socket, request, length, 0);
  peer->next_check_ns = now_ns + (peer->state == PEER_CHECKING ? CHECK_REPEAT_NS : CONSENT_NS);
}

bool peer_connect(struct peer *peer, const char *ip, int port, uint64_t now_ns) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, ip, &address.sin_addr) != 1 || connect(peer->socket, (struct sockaddr *)&address, sizeof address) != 0) return false;
  peer->state = PEER_CHECKING;
  RAND_bytes(peer->transaction, STUN_TRANSACTION_BYTES);
  send_check(peer, now_ns);
  return true;
}

/* RFC 5764, 4.2: the exporter gives both keys, then both salts, the client's first; we are the client. */
static bool derive_keys(struct peer *peer) {
  static const char label[] = "EXTRACTOR-dtls_srtp";
  uint8_t material[SRTP_MATERIAL_BYTES];
  if (SSL_export_keying_material(peer->ssl, material, sizeof material, label, sizeof label - 1, NULL, 0, 0) != 1) return false;
  const uint8_t *salts = material + 2 * SRTP_KEY_BYTES;
  return srtp_open(&peer->sending, material, salts, true) && srtp_open(&peer->receiving, material + SRTP_KEY_BYTES, salts + SRTP_SALT_BYTES, false);
}

static void finish_handshake(struct peer *peer) {
  const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(peer->ssl);
  if (profile == NULL) return fail(peer, "no SRTP profile in common with the SFU (only " PROFILE " is offered)");
  X509 *certificate = SSL_get1_peer_certificate(peer->ssl);
  char fingerprint[100] = "";
  if (certificate != NULL) describe_fingerprint(certificate, fingerprint);
  X509_free(certificate);
  if (strcasecmp(fingerprint, peer->remote_fingerprint) != 0) return fail(peer, "the SFU's certificate is not the signalled one");
  if (!derive_keys(peer)) return fail(peer, "no SRTP keys from DTLS");
  peer->state = PEER_CONNECTED;
  on_peer_settled(peer, profile->name, NULL);
}

static void go_on_with_handshake(struct peer *peer) {
  ERR_clear_error();
  int result = SSL_do_handshake(peer->ssl);
  if (result == 1) return finish_handshake(peer);
  int reason = SSL_get_error(peer->ssl, result);
  if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return;
  char problem[300] = "DTLS: ";
  ERR_error_string_n(ERR_get_error(), problem + 6, sizeof problem - 6);
  fail(peer, problem);
}

/* As WebRTC has it: the first repeat after 50 ms, not the 1 s of RFC 6347. An SFU may drop what comes before it is done with ICE. */
static unsigned repeat_after_us(SSL *ssl, unsigned last_us) {
  (void)ssl;
  if (last_us == 0) return 50000;
  return last_us < 500000 ? 2 * last_us : 1000000;
}

static void start_handshake(struct peer *peer) {
  peer->state = PEER_SHAKING_HANDS;
  peer->ssl = SSL_new(context);
  BIO *bio = BIO_new(datagram_method);
  if (peer->ssl == NULL || bio == NULL) give_up("peer");
  BIO_set_data(bio, peer);
  BIO_set_init(bio, 1);
  SSL_set_bio(peer->ssl, bio, bio);
  SSL_set_mtu(peer->ssl, DTLS_MTU);
  DTLS_set_timer_cb(peer->ssl, repeat_after_us);
  SSL_set_connect_state(peer->ssl);
  go_on_with_handshake(peer);
}

void peer_tick(struct peer *peer, uint64_t now_ns) {
  if (peer->state == PEER_IDLE || peer->state == PEER_FAILED) return;
  if (now_ns >= peer->next_check_ns) send_check(peer, now_ns);
  if (peer->state == PEER_SHAKING_HANDS) DTLSv1_handle_timeout(peer->ssl);
}

static void answer_check(const struct peer *peer, const uint8_t *request) {
  uint8_t answer[MAX_DATAGRAM];
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  if (getpeername(peer->socket, (struct sockaddr *)&from, &size) != 0) return;
  send(peer->socket, answer, stun_write_answer(answer, request, &from, peer->ice.local_password), 0);
}

void peer_handle_stun(struct peer *peer, const uint8_t *datagram, size_t length, uint64_t now_ns) {
  if (stun_is_request(datagram, length)) return answer_check(peer, datagram);
  if (peer->state != PEER_CHECKING || !stun_is_success(datagram, length, peer->transaction)) return;
  peer->next_check_ns = now_ns + CONSENT_NS;
  start_handshake(peer);
}

void peer_handle_dtls(struct peer *peer, const uint8_t *datagram, size_t length) {
  if (peer->ssl == NULL) return;
  peer->incoming = datagram;
  peer->incoming_length = length;
  if (peer->state == PEER_SHAKING_HANDS) return go_on_with_handshake(peer);
  if (peer->state != PEER_CONNECTED) return;
  char rest[MAX_DATAGRAM];
  SSL_read(peer->ssl, rest, sizeof rest); /* repeated flights are answered here, an alert is noticed */
  if ((SSL_get_shutdown(peer->ssl) & SSL_RECEIVED_SHUTDOWN) != 0) fail(peer, "the SFU closed DTLS");
}

void peer_close(struct peer *peer) {
  SSL_free(peer->ssl);
  srtp_close(&peer->sending);
  srtp_close(&peer->receiving);
  close(peer->socket);
}
