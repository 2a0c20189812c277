//! A part of a Redis server for one test.

use crate::redis::Redis;

/// Keys of one test; gone when dropped.
pub struct TestRedis {
    /// The door to it.
    pub redis: Redis,
    url: String,
    prefix: String,
}

impl TestRedis {
    /// A fresh part of the server in `CAREGRAPH_TEST_REDIS_URL`; `None` without that address, except in CI (`CI=true`), where it
    /// must not be left out.
    ///
    /// # Panics
    /// When the address is no address, or is missing in CI.
    pub fn new() -> Option<Self> {
        let Some(url) = Self::url() else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "Redis must not be skipped in CI"
            );
            #[expect(
                clippy::print_stderr,
                reason = "whoever runs the tests should see what was not tried"
            )]
            {
                eprintln!("skipped: the address of Redis is not set");
            }
            return None;
        };
        let prefix = format!("caregraph_test_{}", uuid::Uuid::now_v7().simple());
        let redis = Redis::new(&url, &prefix).expect("the address of Redis is well formed");
        Some(Self { redis, url, prefix })
    }

    /// The server's address, if one is at hand.
    pub fn url() -> Option<String> {
        std::env::var("CAREGRAPH_TEST_REDIS_URL")
            .ok()
            .filter(|url| !url.is_empty())
    }

    /// The prefix of this test's keys, for programs that are started by it.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Everything is gone, as after a restart of a server that keeps nothing.
    ///
    /// # Panics
    /// When Redis does not answer.
    pub async fn forget(&self) {
        forget(&self.redis).await.expect("Redis answers");
    }
}

async fn forget(redis: &Redis) -> Result<(), crate::redis::RedisError> {
    let everything =
        "local keys = redis.call('KEYS', ARGV[1]) for _, key in ipairs(keys) do redis.call('DEL', key) end";
    redis::Script::new(everything)
        .arg(redis.key("*"))
        .invoke_async(&mut redis.shared())
        .await
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        let (url, prefix) = (self.url.clone(), self.prefix.clone());
        // A runtime of its own: the test's may be shutting down, and `drop` cannot wait on it.
        let cleaning = std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                if let Ok(redis) = Redis::new(&url, &prefix) {
                    let _ = forget(&redis).await;
                }
            });
        });
        let _ = cleaning.join();
    }
}
