/*
 * Load generator of the forwarding bench: one sender and N receivers, each a DTLS-SRTP peer behind a controlling ICE agent, in one
 * thread around one epoll. See main.c for what it is told and what it says.
 *
 * Times: `*_ns` of sending and arrival are CLOCK_REALTIME (the kernel stamps arriving datagrams with that clock); everything
 * that schedules runs on CLOCK_MONOTONIC, in ns as well.
 */
#ifndef HUIZHEN_LOAD_H
#define HUIZHEN_LOAD_H

#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_DATAGRAM 2048
#define SECOND_NS 1000000000ull
#define MILLISECOND_NS 1000000ull

/* ---- histogram.c: delays in whole microseconds ---- */

/* Up to 200 ms to the microsecond; longer ones count into the last cell, and the largest is kept as it is. */
#define HISTOGRAM_CELLS 200001

struct histogram {
  uint32_t cells[HISTOGRAM_CELLS];
  uint64_t count;
  uint64_t max_us;
};

void histogram_add(struct histogram *histogram, int64_t delay_ns);
/* The smallest delay (µs) that `fraction` (0 to 1) of all do not exceed; 0 when there is none. */
uint64_t histogram_quantile(const struct histogram *histogram, double fraction);
void histogram_reset(struct histogram *histogram);

/* ---- json.c: the flat objects that arrive on stdin ---- */

/* Copies the text of a field; false when it is absent, holds an escape, or does not fit. */
bool json_text(const char *line, const char *key, char *out, size_t capacity);
double json_number(const char *line, const char *key, double fallback);

/* ---- stun.c: the controlling side of an ICE check (RFC 8445, RFC 8489) ---- */

#define STUN_TRANSACTION_BYTES 12

struct ice_credentials {
  char local_ufrag[40];
  char local_password[40];
  char remote_ufrag[264];
  char remote_password[264];
};

/* Writes a binding request that nominates the pair; gives its length, 0 when it does not fit. */
size_t stun_write_request(uint8_t *out, size_t capacity, const struct ice_credentials *credentials, const uint8_t *transaction);
/* Whether the datagram is the success answer to that transaction. */
bool stun_is_success(const uint8_t *datagram, size_t length, const uint8_t *transaction);
bool stun_is_request(const uint8_t *datagram, size_t length);
/* Writes the success answer to a request that came from `from`; gives its length (68 bytes at most). */
size_t stun_write_answer(uint8_t *out, const uint8_t *request, const struct sockaddr_in *from, const char *local_password);

/* ---- srtp.c: SRTP and SRTCP with AEAD_AES_128_GCM (RFC 7714) ---- */

#define SRTP_KEY_BYTES 16
#define SRTP_SALT_BYTES 12
#define SRTP_TAG_BYTES 16
/* What DTLS exports: two keys, then two salts, the client's first. */
#define SRTP_MATERIAL_BYTES (2 * (SRTP_KEY_BYTES + SRTP_SALT_BYTES))

struct srtp_direction {
  EVP_CIPHER_CTX *rtp;
  EVP_CIPHER_CTX *rtcp;
  uint8_t rtp_salt[SRTP_SALT_BYTES];
  uint8_t rtcp_salt[SRTP_SALT_BYTES];
  uint32_t rtcp_index;
};

bool srtp_open(struct srtp_direction *direction, const uint8_t *key, const uint8_t *salt, bool is_sending);
void srtp_close(struct srtp_direction *direction);
/* Length of an RTP header with contributing sources and extension; 0 when the packet is too short for it. */
size_t rtp_header_length(const uint8_t *packet, size_t length);
/* All four work in place and give the new length, 0 on failure. `packet_index` is roll-over counter and sequence number. */
size_t srtp_protect(struct srtp_direction *direction, uint8_t *packet, size_t length, size_t capacity, uint64_t packet_index);
size_t srtp_unprotect(struct srtp_direction *direction, uint8_t *packet, size_t length, uint64_t packet_index);
size_t srtcp_protect(struct srtp_direction *direction, uint8_t *packet, size_t length, size_t capacity);
size_t srtcp_unprotect(struct srtp_direction *direction, uint8_t *packet, size_t length);

/* ---- peer.c: one ICE + DTLS-SRTP peer ---- */

enum peer_state { PEER_IDLE, PEER_CHECKING, PEER_SHAKING_HANDS, PEER_CONNECTED, PEER_FAILED };

/* What a receiver has seen of the one media stream it is sent. */
struct reception {
  bool has_begun;
  uint32_t ssrc;
  uint64_t highest_index;
  uint64_t first_index;
  uint64_t received;
  /* The sender's own packet number, from the payload: losses are counted by it, whatever numbers the SFU gives. */
  bool has_number;
  uint32_t last_number;
  uint32_t mark_number;
  uint64_t received_since_mark;
};

struct peer {
  int index;
  int socket;
  enum peer_state state;
  struct ice_credentials ice;
  char remote_fingerprint[100];
  uint8_t transaction[STUN_TRANSACTION_BYTES];
  uint64_t next_check_ns;
  SSL *ssl;
  const uint8_t *incoming;
  size_t incoming_length;
  struct srtp_direction sending;
  struct srtp_direction receiving;
  struct reception reception;
  uint32_t report_ssrc;
};

/* Makes the certificate all peers share. Ends the program when OpenSSL cannot. */
void dtls_prepare(void);
/* SHA-256 of the certificate as SDP writes it. */
const char *dtls_fingerprint(void);

bool peer_connect(struct peer *peer, const char *ip, int port, uint64_t now_ns);
/* Repeats what has not been answered, and renews consent (RFC 7675) every 2.5 s. */
void peer_tick(struct peer *peer, uint64_t now_ns);
void peer_handle_stun(struct peer *peer, const uint8_t *datagram, size_t length, uint64_t now_ns);
void peer_handle_dtls(struct peer *peer, const uint8_t *datagram, size_t length);
void peer_close(struct peer *peer);
/* Told by main.c: prints the event. `problem` null: connected, with the name of its SRTP profile. */
void on_peer_settled(const struct peer *peer, const char *profile, const char *problem);

/* ---- rtp.c: what goes into packets ---- */

struct stream {
  uint32_t ssrc;
  uint8_t payload_type;
  uint32_t packets_per_second;
  uint32_t frames_per_second;
  uint32_t packet_bytes;
  uint32_t key_frame_every_ms;
  bool is_running;
  bool wants_key_frame;
  uint64_t last_key_frame_ns;
  uint64_t packet_index;
  uint32_t number;
  uint32_t packet_of_frame;
  uint32_t picture;
  bool is_key_frame;
  uint32_t rtp_timestamp;
  uint64_t octets;
};

/* Next packet of the VP8-like stream, unprotected; gives its length. `realtime_ns` goes into its payload. */
size_t stream_write_packet(struct stream *stream, uint8_t *out, uint64_t now_ns, uint64_t realtime_ns, bool *starts_key_frame);
/* Reads what stream_write_packet wrote; false when the payload is not ours. */
bool stream_read_payload(const uint8_t *payload, size_t length, uint64_t *realtime_ns, uint32_t *number);
size_t rtcp_write_sender_report(const struct stream *stream, uint8_t *out, uint64_t realtime_ns);
size_t rtcp_write_receiver_report(const struct reception *reception, uint32_t report_ssrc, uint8_t *out);
/* Counts the key frames asked for in a compound packet. */
void rtcp_count_key_frame_requests(const uint8_t *packet, size_t length, uint32_t *pli, uint32_t *fir);
/* The packet's index from its 16 bits and the highest index seen (RFC 3711, 3.3.1). */
uint64_t rtp_guess_index(const struct reception *reception, uint16_t sequence);

uint16_t read16(const uint8_t *bytes);
uint32_t read32(const uint8_t *bytes);
void write16(uint8_t *bytes, uint16_t value);
void write32(uint8_t *bytes, uint32_t value);

#endif
