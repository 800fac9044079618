/* A VP8-like RTP stream whose payload carries its own time of sending, and the RTCP both ends need. */
#include "load.h"

#include <string.h>

/* Payload: 4 bytes VP8 descriptor (RFC 7741, with a 15-bit picture id), 10 bytes VP8 frame header, then ours. */
#define STAMP_OFFSET 14
#define STAMP_BYTES 16
static const uint8_t stamp_magic[4] = {'H', 'Z', 'L', 'D'};

enum { RTCP_SENDER_REPORT = 200, RTCP_RECEIVER_REPORT = 201, RTCP_PAYLOAD_FEEDBACK = 206, FEEDBACK_PLI = 1, FEEDBACK_FIR = 4 };

uint16_t read16(const uint8_t *bytes) {
  return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

uint32_t read32(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void write16(uint8_t *bytes, uint16_t value) {
  bytes[0] = (uint8_t)(value >> 8);
  bytes[1] = (uint8_t)value;
}

void write32(uint8_t *bytes, uint32_t value) {
  write16(bytes, (uint16_t)(value >> 16));
  write16(bytes + 2, (uint16_t)value);
}

static void begin_frame(struct stream *stream, uint64_t now_ns) {
  stream->picture = (stream->picture + 1) & 0x7FFF;
  stream->rtp_timestamp += 90000 / stream->frames_per_second;
  bool is_due = now_ns - stream->last_key_frame_ns >= stream->key_frame_every_ms * MILLISECOND_NS;
  stream->is_key_frame = stream->wants_key_frame || is_due;
  stream->wants_key_frame = false;
  if (stream->is_key_frame) stream->last_key_frame_ns = now_ns;
}

size_t stream_write_packet(struct stream *stream, uint8_t *out, uint64_t now_ns, uint64_t realtime_ns, bool *starts_key_frame) {
  uint32_t packets_per_frame = stream->packets_per_second / stream->frames_per_second;
  if (packets_per_frame == 0) packets_per_frame = 1;
  bool is_first = stream->packet_of_frame == 0;
  bool is_last = stream->packet_of_frame + 1 == packets_per_frame;
  if (is_first) begin_frame(stream, now_ns);
  stream->packet_of_frame = is_last ? 0 : stream->packet_of_frame + 1;
  *starts_key_frame = is_first && stream->is_key_frame;

  stream->packet_index += 1;
  stream->number += 1;
  stream->octets += stream->packet_bytes - 12;
  out[0] = 0x80;
  out[1] = (uint8_t)(stream->payload_type | (is_last ? 0x80 : 0));
  write16(out + 2, (uint16_t)stream->packet_index);
  write32(out + 4, stream->rtp_timestamp);
  write32(out + 8, stream->ssrc);

  uint8_t *payload = out + 12;
  memset(payload, 0xA5, stream->packet_bytes - 12);
  payload[0] = is_first ? 0x90 : 0x80; /* extended; "start of partition" on a frame's first packet */
  payload[1] = 0x80;                   /* a picture id follows */
  write16(payload + 2, (uint16_t)(0x8000 | stream->picture));
  if (is_first) {
    static const uint8_t key_header[10] = {0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x00, 0x05, 0xD0, 0x02}; /* shown, key, 1280 x 720 */
    memcpy(payload + 4, key_header, sizeof key_header);
    if (!stream->is_key_frame) payload[4] = 0x11; /* the lowest bit says "not a key frame" */
  }
  uint8_t *stamp = payload + STAMP_OFFSET;
  memcpy(stamp, stamp_magic, 4);
  memcpy(stamp + 4, &realtime_ns, 8);
  write32(stamp + 12, stream->number);
  return stream->packet_bytes;
}

bool stream_read_payload(const uint8_t *payload, size_t length, uint64_t *realtime_ns, uint32_t *number) {
  if (length < STAMP_OFFSET + STAMP_BYTES || memcmp(payload + STAMP_OFFSET, stamp_magic, 4) != 0) return false;
  memcpy(realtime_ns, payload + STAMP_OFFSET + 4, 8);
  *number = read32(payload + STAMP_OFFSET + 12);
  return true;
}

size_t rtcp_write_sender_report(const struct stream *stream, uint8_t *out, uint64_t realtime_ns) {
  uint64_t seconds = realtime_ns / SECOND_NS + 2208988800ull; /* NTP counts from 1900 */
  uint64_t fraction = ((realtime_ns % SECOND_NS) << 32) / SECOND_NS;
  out[0] = 0x80;
  out[1] = RTCP_SENDER_REPORT;
  write16(out + 2, 6);
  write32(out + 4, stream->ssrc);
  write32(out + 8, (uint32_t)seconds);
  write32(out + 12, (uint32_t)fraction);
  write32(out + 16, stream->rtp_timestamp);
  write32(out + 20, stream->number);
  write32(out + 24, (uint32_t)stream->octets);
  return 28;
}

size_t rtcp_write_receiver_report(const struct reception *reception, uint32_t report_ssrc, uint8_t *out) {
  memset(out, 0, 32);
  uint64_t expected = reception->highest_index - reception->first_index + 1;
  uint64_t lost = expected > reception->received ? expected - reception->received : 0;
  out[0] = 0x81;
  out[1] = RTCP_RECEIVER_REPORT;
  write16(out + 2, 7);
  write32(out + 4, report_ssrc);
  write32(out + 8, reception->ssrc);
  write32(out + 12, (uint32_t)(lost & 0x7FFFFF)); /* fraction lost stays 0: what is measured is forwarding, not recovery */
  write32(out + 16, (uint32_t)reception->highest_index);
  return 32;
}

void rtcp_count_key_frame_requests(const uint8_t *packet, size_t length, uint32_t *pli, uint32_t *fir) {
  while (length >= 4) {
    size_t size = 4 * ((size_t)read16(packet + 2) + 1);
    if (size > length) return;
    int format = packet[0] & 0x1F;
    if (packet[1] == RTCP_PAYLOAD_FEEDBACK && format == FEEDBACK_PLI) *pli += 1;
    if (packet[1] == RTCP_PAYLOAD_FEEDBACK && format == FEEDBACK_FIR) *fir += 1;
    packet += size;
    length -= size;
  }
}

uint64_t rtp_guess_index(const struct reception *reception, uint16_t sequence) {
  if (!reception->has_begun) return sequence;
  int16_t step = (int16_t)(sequence - (uint16_t)reception->highest_index);
  int64_t index = (int64_t)reception->highest_index + step;
  return index < 0 ? sequence : (uint64_t)index;
}
