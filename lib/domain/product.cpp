#include "lib/domain/product.h"

#include <string>

namespace certfleet::domain {
namespace {

struct Names {
  Product product;
  std::string_view word, ja, en;
};

constexpr std::array names = {
    Names{Product::secure_server_ov, "secure-server-ov", "Digicert セキュア・サーバーOV",
          "DigiCert Secure Server OV"},
    Names{Product::secure_server_ev, "secure-server-ev", "Digicert セキュア・サーバーEV",
          "DigiCert Secure Server EV"},
    Names{Product::global_server_ov, "global-server-ov", "Digicert グローバル・サーバーOV",
          "DigiCert Global Server OV"},
    Names{Product::global_server_ev, "global-server-ev", "Digicert グローバル・サーバーEV",
          "DigiCert Global Server EV"},
    Names{Product::true_businessid, "true-businessid", "GeoTrust トゥルービジネスID", "GeoTrust True BusinessID"},
    Names{Product::true_businessid_ev, "true-businessid-ev", "GeoTrust トゥルービジネスID with EV",
          "GeoTrust True BusinessID with EV"},
};
static_assert(names.size() == all_products.size());

const Names& names_of(Product product) {
  for (const auto& each : names)
    if (each.product == product) return each;
  return names.front();
}

}  // namespace

std::string_view to_string(Product product) { return names_of(product).word; }
std::string_view title_ja(Product product) { return names_of(product).ja; }
std::string_view title_en(Product product) { return names_of(product).en; }

bool is_ev(Product product) {
  return product == Product::secure_server_ev || product == Product::global_server_ev ||
         product == Product::true_businessid_ev;
}

std::optional<Product> product_of(int number) {
  for (auto product : all_products)
    if (number_of(product) == number) return product;
  return std::nullopt;
}

std::optional<Product> product_from(std::string_view text) {
  for (auto product : all_products)
    if (to_string(product) == text || std::to_string(number_of(product)) == text) return product;
  return std::nullopt;
}

}  // namespace certfleet::domain
