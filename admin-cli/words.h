// What things are called on the screen: one word for a thing everywhere (DESIGN section 1).
#pragma once

#include "admin-cli/text.h"
#include "lib/domain/nouns.h"

namespace certfleet::cli::words {

using namespace domain::nouns;

inline constexpr Text name{"名称", "name"};
inline constexpr Text revision{"改訂", "revision"};
inline constexpr Text enabled{"有効", "enabled"};
inline constexpr Text common_name{"コモンネーム", "common name"};
inline constexpr Text expires{"有効期限", "expires"};
inline constexpr Text serial{"シリアル番号", "serial"};
inline constexpr Text kind{"種別", "kind"};
inline constexpr Text address{"アドレス", "address"};
inline constexpr Text port{"ポート", "port"};
inline constexpr Text state{"状態", "state"};
inline constexpr Text request{"要求番号", "request"};
inline constexpr Text queue{"キュー", "queue"};
inline constexpr Text error{"エラー", "error"};
inline constexpr Text at{"日時", "at"};
inline constexpr Text id{"番号", "id"};
inline constexpr Text host{"ホスト", "host"};

inline constexpr Text added{"{} {} を追加しました", "{} {} added"};
inline constexpr Text changed{"{} {} を更新しました", "{} {} changed"};
inline constexpr Text removed{"{} {} を削除しました", "{} {} removed"};
inline constexpr Text remove_question{"{} {} を削除しますか?", "Remove {} {}?"};

}  // namespace certfleet::cli::words
