#include "lib/net/http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "lib/base/error.h"
#include "lib/pki/host_name.h"
#include "lib/pki/limits.h"
#include "lib/pki/printable.h"

namespace certfleet::net {

namespace {

constexpr std::size_t header_bytes_max = 256U * 1024U;  // all headers of one answer
constexpr std::size_t url_bytes_max = 8192;
constexpr std::chrono::seconds retry_after_max = std::chrono::hours(24);
constexpr std::array methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

struct CleanUp {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};
struct CleanUpMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using Easy = std::unique_ptr<CURL, CleanUp>;
using Multi = std::unique_ptr<CURLM, CleanUpMulti>;
using List = std::unique_ptr<curl_slist, CleanUp>;
using Url = std::unique_ptr<CURLU, CleanUp>;
using Text = std::unique_ptr<char, CleanUp>;

[[noreturn]] void refuse(const std::string& why) {
  throw Failure(Fault::permanent, why);
}

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  return Text(text).get();
}

// "https://host:port", for messages; what follows may hold secrets.
std::string check_url(const std::string& text, bool plain_http) {
  Url url(curl_url());
  if (!url || text.size() > url_bytes_max ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    refuse("a URL to call is malformed");
  auto scheme = url_part(url.get(), CURLUPART_SCHEME);
  auto port = url_part(url.get(), CURLUPART_PORT);
  auto whom = fmt::format("{}://{}{}{}", scheme, pki::printable(url_part(url.get(), CURLUPART_HOST)),
                          port.empty() ? "" : ":", port);
  if (scheme != "https" && (scheme != "http" || !plain_http)) refuse(fmt::format("{} is not https", whom));
  if (!url_part(url.get(), CURLUPART_USER).empty())
    refuse(fmt::format("the URL of {} holds a user name", whom));
  return whom;
}

List header_list(const HttpRequest& request, const std::string& whom) {
  List list;
  auto add = [&](const std::string& line) {
    auto* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) refuse("out of memory");
    static_cast<void>(list.release());  // now the start of the longer one
    list.reset(longer);
  };
  bool has_type = false;
  for (const auto& [name, value] : request.headers) {
    // A line end would start another header or the body.
    bool broken = (name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
    if (name.empty() || name.find(':') != std::string::npos || broken)
      refuse(fmt::format("a header for {} is malformed", whom));
    add(value.empty() ? name + ";"
                      : fmt::format("{}: {}", name, value));  // ";" is libcurl's way to send an empty one
    has_type = has_type || pki::lower_case(name) == "content-type";
  }
  add("Expect:");  // else libcurl waits a second for "100 Continue" before a large body
  if (!has_type) add("Content-Type:");
  return list;
}

// What the answer is gathered in; libcurl calls back into it.
struct Gathering {
  HttpResponse response;
  std::size_t body_bytes_max = 0;
  std::size_t header_bytes = 0;
  bool too_large = false;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* to) {
  auto& gathering = *static_cast<Gathering*>(to);
  auto bytes = size * count;
  gathering.too_large = gathering.response.body.size() + bytes > gathering.body_bytes_max;
  if (gathering.too_large) return 0;  // ends the transfer
  gathering.response.body.append(data, bytes);
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* to) {
  auto& gathering = *static_cast<Gathering*>(to);
  std::string_view line(data, size * count);
  gathering.header_bytes += line.size();
  gathering.too_large = gathering.header_bytes > header_bytes_max;
  if (gathering.too_large) return 0;
  if (line.starts_with("HTTP/"))
    gathering.response.headers.clear();  // those before were the proxy's, or interim
  auto colon = line.find(':');
  if (colon == std::string_view::npos || line.starts_with("HTTP/")) return size * count;
  auto value = line.substr(colon + 1);
  auto first = value.find_first_not_of(" \t\r\n");
  value = first == std::string_view::npos
              ? ""
              : value.substr(first, value.find_last_not_of(" \t\r\n") - first + 1);
  gathering.response.headers.emplace_back(pki::lower_case(line.substr(0, colon)), value);
  return size * count;
}

Fault fault_of(CURLcode code, bool connected) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return Fault::unreachable;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_WRITE_ERROR:  // ours: the answer is too large
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_OUT_OF_MEMORY:
      return Fault::permanent;
    default:
      return connected ? Fault::retry : Fault::unreachable;
  }
}

}  // namespace

std::optional<std::string> HttpResponse::header(std::string_view name) const {
  for (const auto& [each, value] : headers)
    if (each == name) return value;
  return std::nullopt;
}

std::vector<std::string> HttpResponse::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [each, value] : headers)
    if (each == name) values.push_back(value);
  return values;
}

std::optional<std::chrono::seconds> HttpResponse::retry_after(WallTime now) const {
  auto text = header("retry-after");
  if (!text || text->empty()) return std::nullopt;
  std::int64_t seconds = 0;
  if (text->find_first_not_of("0123456789") == std::string::npos) {
    auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (error != std::errc()) seconds = retry_after_max.count();  // more than 64 bits
  } else {
    auto at = curl_getdate(text->c_str(), nullptr);
    if (at < 0) return std::nullopt;
    auto said = curl_getdate(header("date").value_or("").c_str(), nullptr);
    seconds = at - (said < 0 ? std::chrono::system_clock::to_time_t(now) : said);
  }
  return std::clamp(std::chrono::seconds(seconds), std::chrono::seconds(0), retry_after_max);
}

class HttpClient::Impl {
 public:
  explicit Impl(HttpOptions options) : options_(std::move(options)) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    easy_.reset(curl_easy_init());
    multi_.reset(curl_multi_init());
    if (started != CURLE_OK || !easy_ || !multi_) refuse("the HTTP client can't start");
    if (options_.ca_pem && options_.ca_pem->size() > pki::pem_bytes_max)
      throw Failure(Fault::usage, "the trusted CA certificates are too large");
  }

  HttpResponse send(const HttpRequest& request, Deadline deadline, const std::stop_token& stop) {
    auto whom = check_url(request.url, options_.plain_http);
    if (std::find(methods.begin(), methods.end(), request.method) == methods.end())
      refuse(fmt::format("a call to {} has an unknown method", whom));
    auto headers = header_list(request, whom);
    Gathering gathering;
    gathering.body_bytes_max = options_.body_bytes_max;
    std::array<char, CURL_ERROR_SIZE> reason{};
    curl_easy_reset(easy_.get());  // keeps connections
    set_what(request, headers.get());
    set_how(deadline);
    set(CURLOPT_ERRORBUFFER, reason.data());
    set(CURLOPT_WRITEFUNCTION, on_body);
    set(CURLOPT_WRITEDATA, &gathering);
    set(CURLOPT_HEADERFUNCTION, on_header);
    set(CURLOPT_HEADERDATA, &gathering);
    auto code = perform(whom, deadline, stop);
    if (code != CURLE_OK) fail(code, whom, gathering.too_large, reason.data());
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    gathering.response.status = static_cast<int>(status);
    return std::move(gathering.response);
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    auto code = curl_easy_setopt(easy_.get(), option, value);
    CERTFLEET_INVARIANT(code == CURLE_OK, curl_easy_strerror(code));
  }

  void set_what(const HttpRequest& request, curl_slist* headers) {
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_HTTPHEADER, headers);
    if (request.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.c_str());  // not copied: outlives the call
      set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
      set(CURLOPT_FRESH_CONNECT, 1L);
    }
  }

  void set_how(Deadline deadline) {
    set(CURLOPT_USERAGENT, "certfleet/" CERTFLEET_VERSION);
    set(CURLOPT_PROTOCOLS_STR, options_.plain_http ? "https,http" : "https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (options_.ca_pem) {
      // Not copied: options_ outlives the call.
      curl_blob blob{options_.ca_pem->data(), options_.ca_pem->size(), CURL_BLOB_NOCOPY};
      set(CURLOPT_CAINFO_BLOB, &blob);
      set(CURLOPT_CAINFO, nullptr);  // else the system's store would be trusted as well
      set(CURLOPT_CAPATH, nullptr);
    }
    // Set even if empty: libcurl would look into the environment.
    set(CURLOPT_PROXY, options_.proxy ? to_string(*options_.proxy).c_str() : "");
    set(CURLOPT_NOPROXY, "");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // else giving up would wait for the resolver
    set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options_.body_bytes_max));
    auto left_ms = std::max<std::int64_t>(deadline.left().count(), 1);  // 0 would be for ever
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(left_ms));
    set(CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(std::min<std::int64_t>(left_ms, options_.connect_limit.count())));
  }

  CURLcode perform(const std::string& whom, Deadline deadline, const std::stop_token& stop) {
    auto* multi = multi_.get();
    must(curl_multi_add_handle(multi, easy_.get()));
    struct Taken {
      CURLM* multi;
      CURL* easy;
      ~Taken() { curl_multi_remove_handle(multi, easy); }
    } taken{multi, easy_.get()};
    std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
    for (;;) {
      if (stop.stop_requested())
        throw Failure(Fault::retry,
                      fmt::format("the call to {} was given up because a stop was asked for", whom));
      if (deadline.over()) return CURLE_OPERATION_TIMEDOUT;
      int running = 0;
      must(curl_multi_perform(multi, &running));
      if (running == 0) break;
      int limit_ms = static_cast<int>(std::min<std::int64_t>(deadline.left().count() + 1, 60'000));
      must(curl_multi_poll(multi, nullptr, 0, limit_ms, nullptr));
    }
    int queued = 0;
    const auto* message = curl_multi_info_read(multi, &queued);
    CERTFLEET_INVARIANT(message != nullptr && message->msg == CURLMSG_DONE, whom);
    return message->data.result;
  }

  static void must(CURLMcode code) {
    if (code != CURLM_OK) throw Failure(Fault::retry, fmt::format("HTTP: {}", curl_multi_strerror(code)));
  }

  [[noreturn]] void fail(CURLcode code, const std::string& whom, bool too_large, std::string_view reason) {
    if (too_large || code == CURLE_FILESIZE_EXCEEDED)
      refuse(fmt::format("the answer of {} is larger than {} bytes", whom, options_.body_bytes_max));
    curl_off_t connect_time_us = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONNECT_TIME_T, &connect_time_us);
    bool connected = connect_time_us > 0;
    if (code == CURLE_OPERATION_TIMEDOUT)
      throw Failure(fault_of(code, connected), fmt::format("no answer from {} in time", whom));
    throw Failure(fault_of(code, connected),
                  fmt::format("the call to {} failed: {}", whom,
                              pki::printable(reason.empty() ? curl_easy_strerror(code) : reason, 200)));
  }

  HttpOptions options_;
  Easy easy_;
  Multi multi_;  // dies first: it keeps the connections
};

HttpClient::HttpClient(HttpOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

HttpResponse HttpClient::send(const HttpRequest& request, Deadline deadline, std::stop_token stop) {
  return impl_->send(request, deadline, stop);
}

}  // namespace certfleet::net
