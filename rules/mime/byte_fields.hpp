/// Fields that tell the exact bytes of a part: wrong as soon as it is edited, and readers who check them
/// would call the part damaged. Content-MD5 (RFC 1864), Content-Length, Content-Digest and Repr-Digest (RFC
/// 9530). Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "rules/mime/splice.hpp"

namespace pams::mime {

/// For the root part, whose fields are the message's.
void remove_byte_fields(Headers& message_headers);

/// For a part inside the body: the edits of its header, in order.
std::vector<Splice> remove_byte_fields(std::string_view body, const MimePart& part);

}  // namespace pams::mime
