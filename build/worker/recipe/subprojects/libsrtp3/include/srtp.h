/*
 * The libsrtp 3 calls the worker makes, on top of Debian's libsrtp 2.5.
 *
 * What changed between the two, and how it is met here:
 *
 * - A policy became an opaque object filled by setters. Ours is a small struct
 *   that owns a version 2 policy and the key bytes that policy points at.
 * - Protecting became "from one buffer into another, whose room is given";
 *   version 2 works in place and trusts the caller for room. So the packet is
 *   copied once (about 1200 bytes, cheap beside AES) and the room is checked
 *   here, before the library writes.
 * - Two status codes were added. They continue version 2's enumeration.
 *
 * The functions are C++ overloads: version 2's C functions of the same name
 * stay callable, and the argument lists tell them apart.
 *
 * `srtp_policy_t` is a struct in version 2 and a handle in version 3, and the
 * two cannot overlap, so version 2's is renamed while its header is read.
 */
#ifndef HUIZHEN_SRTP3_ON_SRTP2_H
#define HUIZHEN_SRTP3_ON_SRTP2_H

#define srtp_policy_t srtp2_policy_t
#include <srtp2/srtp.h>
#undef srtp_policy_t

#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

/* Values libsrtp 3 gives these; version 2 ends at 27. */
inline constexpr auto srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
inline constexpr auto srtp_err_status_cryptex_err  = static_cast<srtp_err_status_t>(29);

/* SRTCP adds a 4-byte index (RFC 3711, 3.4) to what SRTP adds. */
#ifndef SRTP_MAX_SRTCP_TRAILER_LEN
#define SRTP_MAX_SRTCP_TRAILER_LEN (SRTP_MAX_TRAILER_LEN + 4)
#endif

namespace huizhen
{
	/* AES-256 key and the longer of the two salts. */
	inline constexpr size_t MaxMasterKeyLength{ SRTP_AES_256_KEY_LEN + SRTP_SALT_LEN };

	struct SrtpPolicy
	{
		srtp2_policy_t inner{};
		unsigned char masterKey[MaxMasterKeyLength]{};
		bool hasKey{ false };
	};

	/* Writing through volatile, so that the compiler cannot drop the wipe. */
	inline void wipe(unsigned char* bytes, size_t length)
	{
		volatile unsigned char* cursor = bytes;

		for (size_t i{ 0 }; i < length; ++i)
		{
			cursor[i] = 0;
		}
	}

	using InPlaceOperation = srtp_err_status_t (*)(srtp_t, void*, int*);

	/*
	 * One version 2 call with version 3's buffers. `growth` is the most the
	 * call can add to the packet: a trailer when protecting, nothing otherwise.
	 * `*outLength` is the room on entry and the packet's length on success.
	 */
	inline srtp_err_status_t transform(
	  InPlaceOperation operation,
	  srtp_t session,
	  const uint8_t* in,
	  size_t inLength,
	  uint8_t* out,
	  size_t* outLength,
	  size_t growth)
	{
		if (inLength > static_cast<size_t>(INT_MAX) - growth)
		{
			return srtp_err_status_bad_param;
		}

		if (*outLength < inLength + growth)
		{
			return srtp_err_status_buffer_small;
		}

		if (in != out)
		{
			std::memmove(out, in, inLength);
		}

		int length = static_cast<int>(inLength);

		const srtp_err_status_t status = operation(session, out, &length);

		if (status == srtp_err_status_ok)
		{
			*outLength = static_cast<size_t>(length);
		}

		return status;
	}
} // namespace huizhen

using srtp_policy_t = huizhen::SrtpPolicy*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
	*policy = new (std::nothrow) huizhen::SrtpPolicy;

	return *policy ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}

inline void srtp_policy_destroy(srtp_policy_t policy)
{
	if (!policy)
	{
		return;
	}

	huizhen::wipe(policy->masterKey, sizeof(policy->masterKey));

	delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	policy->inner.ssrc = ssrc;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	const srtp_err_status_t status =
	  srtp_crypto_policy_set_from_profile_for_rtp(&policy->inner.rtp, profile);

	if (status != srtp_err_status_ok)
	{
		return status;
	}

	/*
	 * For the "32" profile version 2 keeps the 80-bit tag on RTCP, as RFC 5764
	 * (4.1.2) asks, so both halves can come from the same name.
	 */
	return srtp_crypto_policy_set_from_profile_for_rtcp(&policy->inner.rtcp, profile);
}

/* Version 2 wants key and salt in one run of bytes. Master key identifiers are
 * not used by WebRTC (RFC 8827 has no place to negotiate them). */
inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key,
  size_t keyLength,
  const uint8_t* salt,
  size_t saltLength,
  const uint8_t* mki,
  size_t mkiLength)
{
	if (
	  policy->hasKey || mki || mkiLength > 0 || keyLength > sizeof(policy->masterKey) ||
	  saltLength > sizeof(policy->masterKey) - keyLength)
	{
		return srtp_err_status_bad_param;
	}

	std::memcpy(policy->masterKey, key, keyLength);
	std::memcpy(policy->masterKey + keyLength, salt, saltLength);

	policy->inner.key = policy->masterKey;
	policy->hasKey    = true;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool isAllowed)
{
	policy->inner.allow_repeat_tx = isAllowed ? 1 : 0;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t packets)
{
	policy->inner.window_size = packets;

	return srtp_err_status_ok;
}

/* Version 2 copies the key into the session, so the policy may go at once. */
inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	if (!policy->hasKey)
	{
		return srtp_err_status_bad_param;
	}

	return srtp_create(session, static_cast<const srtp2_policy_t*>(&policy->inner));
}

inline srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* rtp, size_t rtpLength, uint8_t* srtp, size_t* srtpLength, size_t /*mkiIndex*/)
{
	return huizhen::transform(
	  static_cast<huizhen::InPlaceOperation>(srtp_protect),
	  session,
	  rtp,
	  rtpLength,
	  srtp,
	  srtpLength,
	  SRTP_MAX_TRAILER_LEN);
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* srtp, size_t srtpLength, uint8_t* rtp, size_t* rtpLength)
{
	return huizhen::transform(
	  static_cast<huizhen::InPlaceOperation>(srtp_unprotect), session, srtp, srtpLength, rtp, rtpLength, 0);
}

inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* rtcp, size_t rtcpLength, uint8_t* srtcp, size_t* srtcpLength, size_t /*mkiIndex*/)
{
	return huizhen::transform(
	  static_cast<huizhen::InPlaceOperation>(srtp_protect_rtcp),
	  session,
	  rtcp,
	  rtcpLength,
	  srtcp,
	  srtcpLength,
	  SRTP_MAX_SRTCP_TRAILER_LEN);
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* srtcp, size_t srtcpLength, uint8_t* rtcp, size_t* rtcpLength)
{
	return huizhen::transform(
	  static_cast<huizhen::InPlaceOperation>(srtp_unprotect_rtcp), session, srtcp, srtcpLength, rtcp, rtcpLength, 0);
}

/* The number is in network byte order in both versions. */
inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return srtp_remove_stream(session, ssrc);
}

#endif
