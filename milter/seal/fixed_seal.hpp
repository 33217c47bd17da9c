/// A seal with a given id. For the carrier, whose header is made before its body, and for test vectors: two
/// seals of one id under one key would give their contents away, so nobody else may use it.
#pragma once

#include "milter/seal/sealed.hpp"

namespace pams::milter::seal {

/// Throws std::runtime_error when OpenSSL gives no random bytes.
SealId new_seal_id();

struct FixedSeal {
  /// As Sealer's constructor, but with this id (32 hex digits, lower case; else std::invalid_argument).
  static Sealer sealer(const SealId& id, const Key& key, const Contents& contents, Sink out);
};

}  // namespace pams::milter::seal
