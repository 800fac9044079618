/*
 * Stand-in for the unordered_dense library: the three names the worker uses,
 * as the standard library's own containers.
 *
 * Why this is safe: the worker calls find, insert, emplace, erase by iterator
 * and range loops, which both share with the same meaning, and the standard
 * map promises more (references stay valid across inserts). What is lost is
 * some speed of lookups, of which the worker makes a handful per packet beside
 * encrypting it.
 *
 * The standard hash of an integer is the integer itself; the worker always
 * mixes several with its own combining function, so that does no harm either.
 */
#ifndef HUIZHEN_UNORDERED_DENSE_STAND_IN_H
#define HUIZHEN_UNORDERED_DENSE_STAND_IN_H

#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace ankerl::unordered_dense
{
	template<typename Key>
	using hash = std::hash<Key>;

	template<typename Key, typename Value, typename Hash = std::hash<Key>, typename Equal = std::equal_to<Key>>
	using map = std::unordered_map<Key, Value, Hash, Equal>;

	template<typename Key, typename Hash = std::hash<Key>, typename Equal = std::equal_to<Key>>
	using set = std::unordered_set<Key, Hash, Equal>;
} // namespace ankerl::unordered_dense

#endif
